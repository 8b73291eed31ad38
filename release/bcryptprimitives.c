/* Random bytes for programs of Rust under Wine before 9.0, which has no bcryptprimitives.dll: what Windows calls
   ProcessPrng, by RtlGenRandom, which every Wine has. Tests alone use it; on Windows the system's own is there. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    return SystemFunction036(buffer, (ULONG)length);
}
