// What draws for a bit generator of NumPy: the elements of one stream, 32-bit word by word.
#pragma once

#include <cstdint>

#include "core/counter.h"

namespace seedaug {

// The C interface of numpy.random (numpy/random/bitgen.h), which a bit generator hands out in a
// capsule named "BitGenerator". Each numpy.random.Generator keeps a copy of it, so the state must
// stay where it is for as long as the bit generator lives.
struct BitGenerator {
  void* state;
  uint64_t (*next_uint64)(void*);
  uint32_t (*next_uint32)(void*);
  double (*next_double)(void*);
  uint64_t (*next_raw)(void*);
};

class StreamReader {
 public:
  explicit StreamReader(const Stream& stream) : stream_(stream) {}
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  uint32_t word();

  // How many words were read.
  uint64_t position() const { return first_ + static_cast<uint64_t>(next_); }

  // Reads on from element `position` of a stream.
  void move_to(const Stream& stream, uint64_t position);

  // Lets a bit generator draw from here.
  void serve(BitGenerator& generator);

 private:
  static constexpr int kBuffer = 64;

  Stream stream_;
  uint64_t first_ = 0;  // element of buffer_[0]
  int next_ = 0, filled_ = 0;
  uint32_t buffer_[kBuffer];
};

}  // namespace seedaug
