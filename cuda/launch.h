// The launchers of the CUDA kernels: raw pointers and a stream in, an error text or
// null out. No torch here.
#pragma once

#include "program/batch.h"

namespace seedaug::cuda {

// Keys, pixels and results are the current device's; Batch::sources is read on the host.
// `stream` is a cudaStream_t. Each is asynchronous and touches nothing but its arguments.
const char* launch_augment(const Batch& batch, void* stream);
const char* launch_backward(const BackwardBatch& batch, void* stream);
const char* launch_fill(const FillBatch& batch, void* stream);
const char* launch_box_muller(const BoxMullerBatch& batch, void* stream);
const char* launch_params(const ParamsBatch& batch, void* stream);

}  // namespace seedaug::cuda
