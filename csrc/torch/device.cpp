#include "torch/device.h"

#if defined(SEEDAUG_WITH_CUDA)
// Weak: where torch was built without CUDA the symbol is missing, and no CUDA
// tensor can arrive here.
extern "C" __attribute__((weak)) AOTITorchError
aoti_torch_get_current_cuda_stream(int32_t device_index, void** stream);
#endif

namespace seedaug::torch_ops {

void require_cuda_build() {
#if !defined(SEEDAUG_WITH_CUDA)
  STD_TORCH_CHECK(
      false,
      "seedaug was built without CUDA, but got a CUDA tensor; install it where nvcc is found "
      "(python -m seedaug info shows the build), or move the tensors to the CPU");
#endif
}

void* current_stream([[maybe_unused]] int32_t device_index) {
  void* stream = nullptr;
#if defined(SEEDAUG_WITH_CUDA)
  STD_TORCH_CHECK(aoti_torch_get_current_cuda_stream != nullptr,
                  "this torch was built without CUDA");
  TORCH_ERROR_CODE_CHECK(aoti_torch_get_current_cuda_stream(device_index, &stream));
#endif
  return stream;
}

}  // namespace seedaug::torch_ops
