// Selects the vector types of the instruction set that this source is being built for.
//
// Every vec_*.h defines, in its own namespace, F (floats) and I (int32) of F::kWidth lanes, U
// (64-bit lanes that each hold one 32-bit counter word), and the operations that core/normal.h and
// kernels.cpp ask for.
#pragma once

#define SEEDAUG_ISA_CODE_scalar 0
#define SEEDAUG_ISA_CODE_avx2 1
#define SEEDAUG_ISA_CODE_avx512 2
#define SEEDAUG_ISA_CODE_neon 3
#define SEEDAUG_CONCAT_(a, b) a##b
#define SEEDAUG_CONCAT(a, b) SEEDAUG_CONCAT_(a, b)
#define SEEDAUG_ISA_CODE SEEDAUG_CONCAT(SEEDAUG_ISA_CODE_, SEEDAUG_ISA_NAME)
#define SEEDAUG_STRING_(a) #a
#define SEEDAUG_STRING(a) SEEDAUG_STRING_(a)

#if SEEDAUG_ISA_CODE == 1
#include "cpu/isa/vec_avx2.h"
#elif SEEDAUG_ISA_CODE == 2
#include "cpu/isa/vec_avx512.h"
#elif SEEDAUG_ISA_CODE == 3
#include "cpu/isa/vec_neon.h"
#else
#include "cpu/isa/vec_scalar.h"
#endif
