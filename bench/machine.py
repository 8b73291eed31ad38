"""The machine, and whether its processor is one that BLAS libraries take for another."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

# OpenBLAS documents this variable. SKYLAKEX is its AVX-512 kernels, which an AMD processor with
# AVX-512 runs too; HASWELL those with AVX2.
OPENBLAS = {True: "SKYLAKEX", False: "HASWELL"}
# MKL asks its own function whether the processor is Intel's and has had no variable for it
# since 2020.1; a preloaded function of that name answers instead, but only where MKL is a shared
# library: the wheels of PyTorch 2.15 contain it, and their calls do not go through the linker.
SHIM = "int mkl_serv_intel_cpu_true(void) { return 1; }\n"


def processor():
    """Vendor, model and flags of the first processor, as Linux tells them."""
    facts = {}
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            key, _, value = line.partition(":")
            facts.setdefault(key.strip(), value.strip())
    return {
        "vendor": facts.get("vendor_id", platform.processor() or "unknown"),
        "model": facts.get("model name", platform.machine()),
        "number": facts.get("model", ""),
        "avx512": "avx512f" in facts.get("flags", "").split(),
    }


def needs_override(cpu):
    """Whether libraries take slow paths on this processor unless told otherwise."""
    return cpu["vendor"] == "AuthenticAMD"


def override(cpu, folder):
    """Variables that tell OpenBLAS and MKL the processor, and a sentence that says so.

    Compiles a one-line library into `folder` for MKL; without a compiler only OpenBLAS is told.
    """
    variables = {"OPENBLAS_CORETYPE": OPENBLAS[cpu["avx512"]]}
    said = f"OPENBLAS_CORETYPE={variables['OPENBLAS_CORETYPE']}"
    compiler = shutil.which("cc")
    if compiler is None:
        return variables, f"{said}; MKL not told: no C compiler"
    source, library = folder / "shim.c", folder / "shim.so"
    source.write_text(SHIM)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    variables["LD_PRELOAD"] = str(library)
    return variables, f"{said}, mkl_serv_intel_cpu_true preloaded (for a shared MKL)"


def load():
    """Mean number of runnable processes over the last minute."""
    return os.getloadavg()[0]


def confine(threads):
    """A function for children to call: it keeps them to the first `threads` processors."""
    allowed = sorted(os.sched_getaffinity(0))
    if threads > len(allowed):
        raise SystemExit(f"compare: --threads {threads}, but only {len(allowed)} processors")
    return lambda: os.sched_setaffinity(0, allowed[:threads])
