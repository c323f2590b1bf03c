#include "numpy/bit_generator.h"

#include "cpu/kernels.h"

namespace seedaug {
namespace {

StreamReader& reader(void* state) { return *static_cast<StreamReader*>(state); }

uint32_t next_uint32(void* state) { return reader(state).word(); }

uint64_t next_uint64(void* state) {
  const uint64_t low = reader(state).word();
  return low | uint64_t{reader(state).word()} << 32;
}

double next_double(void* state) { return static_cast<double>(next_uint64(state) >> 11) * 0x1p-53; }

}  // namespace

uint32_t StreamReader::word() {
  if (next_ == filled_) {
    first_ += static_cast<uint64_t>(filled_);
    kernels().element_words(stream_, first_, kBuffer, buffer_);
    next_ = 0;
    filled_ = kBuffer;
  }
  return buffer_[next_++];
}

void StreamReader::move_to(const Stream& stream, uint64_t position) {
  stream_ = stream;
  first_ = position;
  next_ = filled_ = 0;
}

void StreamReader::serve(BitGenerator& generator) {
  generator = {this, next_uint64, next_uint32, next_double, next_uint64};
}

}  // namespace seedaug
