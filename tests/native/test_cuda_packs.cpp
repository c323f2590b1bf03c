// Walks the pack kernels over everything that their loads and stores distinguish: widths,
// alignments of source, rows and target, flips, padding, types, layouts, frames, channels, lists,
// several samples a block and several blocks a sample. Every byte is compared with the CPU's loops.
//
// Sources and targets stand in heap blocks of just their size, so that the sanitizers see a read or
// a write over their ends; the target's surroundings are checked here too.
#include <cstring>
#include <memory>
#include <vector>

#include "cpu/augment.h"
#include "cuda_walk.h"
#include "random_program.h"

using namespace seedaug;
using test::Code;
using test::Random;

namespace {

constexpr int kWidths[] = {32, 33, 48, 63, 64, 65, 97, 224, 225};

int some_side(Random& r) {
  return r.coin() ? static_cast<int>(1 + r.below(40)) : kWidths[r.below(9)];
}

// A heap block of just these bytes, pixels from `offset` on.
struct Pixels {
  std::unique_ptr<char[]> bytes;
  const char* data;

  Pixels(Random& r, int64_t elements, DType type, int64_t offset)
      : bytes(new char[static_cast<size_t>(offset + elements * element_size(type))]),
        data(bytes.get() + offset) {
    const std::vector<char> random = test::random_pixels(r, elements, type);
    std::memcpy(bytes.get() + offset, random.data(), random.size());
  }
};

struct Shape {
  int64_t samples, frames, channels;
  int32_t height, width;
  int32_t gap;  // columns between a row's end and the next row
  bool interleaved;

  int64_t pitch() const { return width + gap; }
  int64_t frame() const { return channels * height * pitch() - gap * (interleaved ? channels : 1); }
  Source source(const char* data) const {
    if (interleaved) return {data, height, width, frame(), 1, pitch() * channels, channels};
    return {data, height, width, frame(), height * pitch(), pitch(), 1};
  }
};

enum class Style { copy, chain, noisy, any };

struct Wanted {
  Code code;
  DType input, output;
  int32_t height, width;  // of the result
};

int64_t put_fill(Random& r, Code& c, int64_t channels, int64_t& count) {
  count = r.coin() ? channels : 1;
  std::vector<double> fill;
  for (int64_t i = 0; i < count; ++i) fill.push_back(static_cast<double>(r.below(200)));
  return c.put(fill);
}

void add_pad(Random& r, Code& c, int64_t channels, int occurrence, Wanted& w) {
  int64_t count, side[4];
  const int64_t fill = put_fill(r, c, channels, count);
  const int64_t least = std::min(w.height, w.width), reach = std::min<int64_t>(least, 4);
  for (int64_t& s : side) s = r.below(reach);
  c.add(Kind::pad, occurrence, {side[0], side[1], side[2], side[3], r.below(4), fill, count});
  w.width += static_cast<int32_t>(side[0] + side[2]);
  w.height += static_cast<int32_t>(side[1] + side[3]);
}

void add_crop(Random& r, Code& c, int64_t channels, Wanted& w) {
  int64_t count;
  const int64_t fill = put_fill(r, c, channels, count);
  const int64_t mode = r.below(4), pad = r.below(std::min({w.height, w.width, 5}));
  const bool whole = r.below(3) == 0;
  const auto smaller = [&](int32_t side) {
    const int64_t spare = side + 2 * pad - 1;
    return static_cast<int32_t>(side + 2 * pad -
                                (whole ? 0 : r.below(std::min<int64_t>(spare, 20) + 1)));
  };
  w.height = smaller(w.height);
  w.width = smaller(w.width);
  c.add(Kind::random_crop, 0, {w.height, w.width, pad, pad, pad, pad, mode, 0, fill, count});
}

void add_arithmetic(Random& r, int64_t channels, Style style, Wanted& w) {
  Code& c = w.code;
  DType type = w.input;
  const auto normalize = [&] {
    const int64_t count = r.coin() ? channels : 1;
    std::vector<double> v;
    for (int64_t i = 0; i < 2 * count; ++i)
      v.push_back(0.2 + 0.01 * static_cast<double>(r.below(60)));
    c.add(Kind::normalize, 0, {c.put(v), count});
    if (type == DType::u8) type = DType::f32;
  };
  const auto noise = [&](int occurrence) {
    c.add(Kind::gaussian_noise, occurrence, {c.put({0.01, 0.3}), r.below(2)});
  };
  if (style == Style::chain || style == Style::noisy) {
    if (r.below(4) != 0) {
      normalize();
    } else {
      c.add(Kind::to_dtype, 0, {3, r.below(2)});
      type = DType::f32;
    }
    if (style == Style::noisy) noise(3);
    w.output = static_cast<DType>(1 + r.below(3));
  } else {
    if (r.coin()) add_pad(r, c, channels, 1, w);
    if (r.coin()) normalize();
    if (r.coin()) c.add(Kind::vertical_flip, 1, {c.put({0.5})});  // it fills nothing: anywhere
    if (r.coin()) noise(0);
    if (r.coin()) noise(1);
    if (r.coin()) c.add(Kind::clamp, 0, {c.put({-1.0, 1.0})});
    w.output = static_cast<DType>(r.below(4));
  }
  if (type != w.output || r.coin()) {
    c.add(Kind::to_dtype, 1, {static_cast<int64_t>(w.output), r.below(2)});
  }
}

Wanted wanted(Random& r, const Shape& s, Style style) {
  Wanted w{};
  const bool any = style == Style::any;
  w.input = style == Style::copy ? static_cast<DType>(r.below(13))
            : any                ? static_cast<DType>(r.below(4))
                                 : DType::u8;
  w.output = w.input;
  w.height = s.height;
  w.width = s.width;
  if (r.coin()) w.code.add(Kind::horizontal_flip, 1, {w.code.put({0.5})});
  if (r.below(4) == 0) add_pad(r, w.code, s.channels, 0, w);
  if (r.below(4) != 0) add_crop(r, w.code, s.channels, w);
  if (r.coin()) w.code.add(Kind::horizontal_flip, 0, {w.code.put({0.5})});
  if (r.coin()) w.code.add(Kind::vertical_flip, 0, {w.code.put({0.5})});
  if (style != Style::copy) add_arithmetic(r, s.channels, style, w);
  return w;
}

// A result with room around it, at any alignment; what stands around must stay.
struct Room {
  static constexpr int64_t kAround = 64;
  std::vector<char> bytes;
  Target target;
  int64_t offset, size;

  Room(const Batch& b, const Wanted& w, int64_t element, bool interleaved, int64_t misaligned)
      : offset(kAround + misaligned) {
    const int64_t plane = int64_t{w.height} * w.width, frame = b.channels * plane;
    size = b.samples * b.frames * frame * element;
    bytes.assign(static_cast<size_t>(size + 2 * kAround + 16), 0x5a);
    while ((reinterpret_cast<uintptr_t>(bytes.data()) + static_cast<uintptr_t>(offset)) % 16 !=
           static_cast<uintptr_t>(misaligned)) {
      ++offset;
    }
    target = {bytes.data() + offset,
              w.height,
              w.width,
              b.frames * frame,
              frame,
              interleaved ? 1 : plane,
              interleaved ? w.width * b.channels : w.width,
              interleaved ? b.channels : 1};
  }
  void check_around() const {
    for (int64_t i = 0; i < static_cast<int64_t>(bytes.size()); ++i) {
      if (i == offset) i += size;
      CHECK(bytes[static_cast<size_t>(i)] == 0x5a, "byte %d is not ours",
            static_cast<int>(i - offset));
    }
  }
};

struct Seen {
  int walks[3][4];  // [walk][deed]
  int lists, shared_blocks, tiled;
};

bool compare(Random& r, Seen& seen) {
  const auto style = static_cast<Style>(r.below(4));
  const bool list = r.below(4) == 0, three = r.below(3) != 0;
  Shape s{1 + r.below(r.below(8) == 0 ? 70 : 5),
          list ? 1 : 1 + r.below(3),
          three ? 3 : 1 + r.below(5),
          static_cast<int32_t>(1 + r.below(36)),
          some_side(r),
          r.below(3) == 0 ? static_cast<int32_t>(r.below(6)) : 0,
          r.coin()};
  if (s.samples > 8) s.width = std::min(s.width, 33);
  const Wanted w = wanted(r, s, style);
  Program program;
  const std::string error = lower(w.code.encoded(), w.input, w.output, s.channels, program);
  CHECK(error.empty(), "%s", error.c_str());
  ImageSize size{};
  if (!output_size(program, {s.height, s.width}, size).empty()) return false;
  CHECK(size.height == w.height && size.width == w.width, "the size is not as planned");

  const int element = element_size(w.input);
  const int64_t images = list ? s.samples : 1, offset = r.below(16) / element * element;
  std::vector<Pixels> pixels;
  std::vector<Source> sources;
  for (int64_t n = 0; n < images; ++n) {
    pixels.emplace_back(r, (list ? 1 : s.samples * s.frames) * s.frame(), w.input, offset);
    sources.push_back(s.source(pixels.back().data));
  }
  const bool same = !list && r.below(8) == 0;  // one image, expanded
  std::vector<int64_t> keys(static_cast<size_t>(3 * s.samples));
  for (int64_t n = 0; n < s.samples; ++n)
    keys[static_cast<size_t>(3 * n)] = static_cast<int64_t>(r.next());
  Batch b{&program,    w.input,
          s.samples,   s.frames,
          s.channels,  sources.data(),
          list,        same ? 0 : s.frames * s.frame() * element,
          keys.data(), r.below(8) == 0 ? 0 : 3,
          {}};
  const int out = program.copies ? element : element_size(w.output);
  const bool interleaved = r.coin();
  const int64_t misaligned = r.coin() ? 0 : r.below(16) / out * out;
  Room cuda(b, w, out, interleaved, misaligned), cpu(b, w, out, interleaved, misaligned);
  b.target = cpu.target;
  augment(b, 0, unit_count(b));
  b.target = cuda.target;
  const int multiprocessors = r.below(6) == 0 ? 40 : 1;
  const cuda::Plan plan = test::run_as_cuda(b, multiprocessors);
  cuda.check_around();
  const char *got = cuda.target.data, *want = cpu.target.data;
  for (int64_t i = 0; i < cuda.size; ++i) {
    CHECK(got[i] == want[i],
          "byte %d of %d: %02x, not %02x (walk %d, deed %d; %dx%d to %dx%d, %d channels, types %d "
          "and %d, source %s, target %s)",
          static_cast<int>(i), static_cast<int>(cuda.size), got[i] & 255, want[i] & 255,
          static_cast<int>(plan.walk), static_cast<int>(plan.deed), s.height, s.width, w.height,
          w.width, static_cast<int>(s.channels), static_cast<int>(w.input),
          static_cast<int>(w.output), s.interleaved ? "interleaved" : "planar",
          interleaved ? "interleaved" : "planar");
  }
  cuda::Layout layout;
  cuda::ChainArguments chain;
  cuda::make_plan(b, multiprocessors, layout, chain);
  ++seen.walks[static_cast<int>(plan.walk)][static_cast<int>(plan.deed)];
  if (plan.walk == cuda::Walk::element) return true;
  seen.lists += plan.list;
  seen.shared_blocks += layout.slots > 1;
  seen.tiled += layout.tiles > 1;
  return true;
}

void check_divider() {
  Random r(3);
  for (int i = 0; i < 200000; ++i) {
    const int64_t by = i < 5000 ? i + 1 : 1 + r.below((int64_t{1} << (1 + r.below(31))) - 1);
    const cuda::Divider d = cuda::divider(by);
    const int64_t most = (int64_t{1} << 31) - 1, near = r.below(most / by + 1) * by;
    for (const int64_t n : {int64_t{0}, by - 1, by, near, near - 1, r.below(most), most}) {
      if (n < 0 || n > most) continue;
      CHECK(d.divide(static_cast<uint32_t>(n)) == n / by, "%d / %d", static_cast<int>(n),
            static_cast<int>(by));
    }
  }
}

}  // namespace

int main() {
  check_divider();
  Random r(20260202);
  Seen seen{};
  for (int i = 0; i < 6000; ++i) compare(r, seen);
  for (const auto& walk : seen.walks) {
    std::printf("copy %d, chain %d, noisy chain %d, interpret %d\n", walk[0], walk[1], walk[2],
                walk[3]);
  }
  std::printf("%d lists, %d with shared blocks, %d with tiles\n", seen.lists, seen.shared_blocks,
              seen.tiled);
  const auto& flat = seen.walks[static_cast<int>(cuda::Walk::flat)];
  const auto& pixels = seen.walks[static_cast<int>(cuda::Walk::pixels)];
  for (const int count : {flat[0], flat[3], pixels[0], pixels[1], pixels[2], pixels[3], seen.lists,
                          seen.shared_blocks, seen.tiled}) {
    CHECK(count > 50, "a way was hardly walked");
  }
}
