// A NumPy bit generator that reads the elements of one stream, 32-bit word by word.
#pragma once

#include <cstdint>

#include "core/counter.h"

namespace seedaug {

// The C interface of numpy.random (numpy/random/bitgen.h), passed in a capsule named
// "BitGenerator".
struct BitGenerator {
  void* state;
  uint64_t (*next_uint64)(void*);
  uint32_t (*next_uint32)(void*);
  double (*next_double)(void*);
  uint64_t (*next_raw)(void*);
};

class StreamReader {
 public:
  explicit StreamReader(const Stream& stream);
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  uint32_t word();
  uint64_t words_read() const { return first_ + static_cast<uint64_t>(next_); }

  BitGenerator* interface() { return &interface_; }

 private:
  static constexpr int kBuffer = 64;

  Stream stream_;
  uint64_t first_ = 0;  // element of buffer_[0]
  int next_ = 0, filled_ = 0;
  uint32_t buffer_[kBuffer];
  BitGenerator interface_;
};

}  // namespace seedaug
