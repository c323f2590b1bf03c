// What makes one source compile for the host, for CUDA devices, and once per instruction set.
#pragma once

#if defined(__CUDACC__)
// constexpr functions are callable on the device too: the build passes --expt-relaxed-constexpr.
#define SEEDAUG_HD __host__ __device__ __forceinline__
#define SEEDAUG_UNROLL _Pragma("unroll")
#define SEEDAUG_NO_UNROLL _Pragma("unroll 1")  // short loops that would only grow
#else
// Always inlined: a copy compiled with AVX-512 flags must never be the one that the linker keeps.
#define SEEDAUG_HD __attribute__((always_inline)) inline
#define SEEDAUG_UNROLL
#define SEEDAUG_NO_UNROLL
#endif

// Behind a switch that names every value.
#define SEEDAUG_UNREACHABLE __builtin_unreachable
