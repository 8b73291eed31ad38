//! The tiles of AMX: eight registers of 16 rows of 64 bytes, and one instruction that multiplies
//! 16 x 32 by 32 x 16 bfloat16.

use std::arch::asm;
use std::arch::x86_64::__cpuid_count;
use std::sync::OnceLock;

use super::{HalfMatrix, Pairs, Sums, TILE};

/// Rows of a tile register.
const ROWS: usize = 16;

/// Proof that the processor has the tiles, and that the kernel lets this process use them.
#[derive(Clone, Copy)]
pub(super) struct Tiles(());

/// What `ldtilecfg` reads: of palette 1 eight tiles of 16 rows of 64 bytes.
#[repr(C, align(64))]
struct Configuration([u8; 64]);

static WHOLE: Configuration = {
    let mut bytes = [0; 64];
    bytes[0] = 1;
    let mut tile = 0;
    while tile < 8 {
        bytes[16 + 2 * tile] = 64;
        bytes[48 + tile] = 16;
        tile += 1;
    }
    Configuration(bytes)
};

impl Tiles {
    /// `None` where there are none; asked once.
    pub(super) fn permitted() -> Option<Self> {
        static PERMITTED: OnceLock<bool> = OnceLock::new();
        PERMITTED
            .get_or_init(|| is_there() && ask())
            .then_some(Self(()))
    }

    /// As [`super::panels`], which has compared the sizes. Rows of A are read for all panels
    /// before the next ones are.
    pub(super) fn panels(self, a: &HalfMatrix, b: &[Pairs], c: &mut [Sums]) {
        let (rows, pairs) = (a.rows(), a.length / 2);
        // SAFETY: `self` proves that the instructions may be used. The configuration is a
        // whole one; tiles are used between here and `tilerelease` only, and the compiler uses
        // none of its own.
        unsafe {
            asm!("ldtilecfg [{}]", in(reg) &raw const WHOLE, options(nostack, readonly));
        }
        for (top, of_a) in a.values.chunks_exact(TILE * a.length).enumerate() {
            let panels = b.chunks_exact(pairs).zip(c.chunks_exact_mut(rows));
            for (of_b, sums) in panels {
                self.square(of_a, a.length, of_b, &mut sums[top * TILE..][..TILE]);
            }
        }
        // SAFETY: as above.
        unsafe { asm!("tilerelease", options(nostack, nomem)) };
    }

    /// 32 rows of A, each of `length` numbers, times a panel of B. The tile registers are
    /// configured.
    #[allow(clippy::unused_self, reason = "the proof")]
    fn square(self, a: &[u16], length: usize, b: &[Pairs], c: &mut [Sums]) {
        assert!(
            a.len() == TILE * length && 2 * b.len() == length && c.len() == TILE,
            "whole tiles"
        );
        // SAFETY: as above.
        unsafe {
            asm!(
                "tilezero tmm0",
                "tilezero tmm1",
                "tilezero tmm2",
                "tilezero tmm3",
                options(nostack, nomem)
            );
        }
        let (upper, lower) = a.split_at(ROWS * length);
        for (part, pairs) in b.as_chunks::<ROWS>().0.iter().enumerate() {
            let (upper, lower) = (&upper[part * TILE..], &lower[part * TILE..]);
            // SAFETY: as above. From `upper` and from `lower` 16 rows of 64 bytes are read, a
            // row's length apart: the last ends at 15 `length` + 32 numbers, and both have
            // 16 `length` - 32 `part` left, where 32 `part` + 32 <= `length`. Of B 16 rows of 128
            // bytes, in two halves.
            unsafe {
                asm!(
                    "tileloadd tmm4, [{upper} + {length}]",
                    "tileloadd tmm6, [{b} + {width}]",
                    "tdpbf16ps tmm0, tmm4, tmm6",
                    "tileloadd tmm7, [{b} + {width} + 64]",
                    "tdpbf16ps tmm1, tmm4, tmm7",
                    "tileloadd tmm5, [{lower} + {length}]",
                    "tdpbf16ps tmm2, tmm5, tmm6",
                    "tdpbf16ps tmm3, tmm5, tmm7",
                    upper = in(reg) upper.as_ptr(),
                    lower = in(reg) lower.as_ptr(),
                    length = in(reg) size_of::<u16>() * length,
                    b = in(reg) pairs.as_ptr(),
                    width = in(reg) size_of::<Pairs>(),
                    options(nostack, readonly)
                );
            }
        }
        let (upper, lower) = c.split_at_mut(ROWS);
        // SAFETY: as above. Twice 16 rows of 128 bytes, in two halves.
        unsafe {
            asm!(
                "tilestored [{upper} + {width}], tmm0",
                "tilestored [{upper} + {width} + 64], tmm1",
                "tilestored [{lower} + {width}], tmm2",
                "tilestored [{lower} + {width} + 64], tmm3",
                upper = in(reg) upper.as_mut_ptr(),
                lower = in(reg) lower.as_mut_ptr(),
                width = in(reg) size_of::<Sums>(),
                options(nostack)
            );
        }
    }
}

/// Whether the processor has tiles and their product of bfloat16.
fn is_there() -> bool {
    const BF16: u32 = 1 << 22;
    const TILES: u32 = 1 << 24;
    if __cpuid_count(0, 0).eax < 7 {
        return false;
    }
    let features = __cpuid_count(7, 0).edx;
    features & (BF16 | TILES) == BF16 | TILES
}

/// Asks the kernel for the registers, which are not saved for processes that do not use them.
fn ask() -> bool {
    const ARCH_PRCTL: usize = 158;
    const ARCH_REQ_XCOMP_PERM: usize = 0x1023;
    const XFEATURE_XTILEDATA: usize = 18;
    let answer: isize;
    // SAFETY: a system call that reads and writes no memory; kernels that do not know it answer
    // with an error. It overwrites rcx and r11, as all do.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => answer,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") XFEATURE_XTILEDATA,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack)
        );
    }
    answer == 0
}
