#include "cpu/augment.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/element.h"
#include "cpu/float_mode.h"
#include "cpu/kernels.h"
#include "cpu/runs.h"
#include "program/sample.h"

namespace seedaug {
namespace {

// Elements of one channel that are done in one go: where normals or rows are put down in between,
// as many as stay in the first-level cache; else as many as make the way there of no account.
constexpr int64_t kStagedElements = 1024;  // 4 KiB of normals beside 4 KiB of results
constexpr int64_t kPlainElements = 16384;
// Of narrower images the rows are filled first, and what comes from the source is written over
// that: a row of so few elements costs less than the two short stretches at its ends.
constexpr int32_t kNarrow = 128;

bool is_planar(const Batch& b) {
  if (b.target.column != 1 && b.target.width != 1) return false;
  const int64_t count = b.sources_differ ? b.samples : 1;
  return std::all_of(b.sources, b.sources + count,
                     [](const Source& s) { return s.column == 1 || s.width == 1; });
}

int64_t rows_per_group(const Batch& b) {
  const bool plain = b.program->normal_ops == 0 && is_planar(b);
  const int64_t elements = plain ? kPlainElements : kStagedElements;
  return std::clamp<int64_t>(elements / b.target.width, 1, b.target.height);
}

int64_t groups_per_frame(const Batch& b) {
  const int64_t rows = rows_per_group(b);
  return (b.target.height + rows - 1) / rows;
}

void repeat_element(int size, const void* element, int64_t count, char* to) {
  if (size == 1) {
    std::memset(to, *static_cast<const unsigned char*>(element), static_cast<size_t>(count));
    return;
  }
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(to + i * size, element, static_cast<size_t>(size));
}

// Elements at any stride <-> elements side by side.
void gather(int size, const char* from, int64_t stride, int64_t count, char* to) {
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(to + i * size, from + i * stride * size, static_cast<size_t>(size));
  }
}

void scatter(int size, const char* from, int64_t stride, int64_t count, char* to) {
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(to + i * stride * size, from + i * size, static_cast<size_t>(size));
  }
}

// One thread's share: it keeps the map of the sample at hand and the scratch rows.
class Worker {
 public:
  explicit Worker(const Batch& batch)
      : b_(batch),
        p_(*batch.program),
        kernels_(kernels()),
        in_size_(element_size(batch.element)),
        out_size_(p_.copies ? in_size_ : element_size(p_.output)),
        group_rows_(rows_per_group(batch)),
        normals_pitch_((group_rows_ * batch.target.width + kVectorSlack + 15) / 16 * 16),
        normals_(static_cast<size_t>(p_.normal_ops * normals_pitch_)),
        stage_out_(batch.target.column != 1 && batch.target.width != 1) {
    if (stage_out_) {
      out_rows_.resize(
          static_cast<size_t>(group_rows_ * b_.channels * b_.target.width * out_size_));
    }
    channel_ops_.reserve(static_cast<size_t>(b_.channels) * static_cast<size_t>(p_.ops));
    for (int64_t c = 0; c < b_.channels; ++c) {
      for (int k = 0; k < p_.ops; ++k) {
        channel_ops_.push_back(p_.op[k]);
        ValueOp& op = channel_ops_.back();
        op.a = scalar_a(p_, p_.op[k], static_cast<int>(c));
        op.b = scalar_b(p_, p_.op[k], static_cast<int>(c));
      }
    }
  }

  void unit(int64_t number) {
    const int64_t groups = groups_per_frame(b_);
    const int64_t sample = number / (b_.frames * groups);
    if (sample != sample_) begin_sample(sample);
    const int64_t frame = number / groups % b_.frames;
    first_row_ = number % groups * group_rows_;
    last_row_ = std::min<int64_t>(first_row_ + group_rows_, b_.target.height);
    frame_ = frame;
    cut(map_.y, static_cast<int32_t>(first_row_), static_cast<int32_t>(last_row_), bands_);
    if (stage_in_) load_rows();
    const int background = find_background();
    for (int64_t c = 0; c < b_.channels; ++c) {
      draw_normals(c);
      if (background >= 0) fill_group(c, background);
      for (const Band& band : bands_) rows(c, band, background >= 0);
    }
    if (stage_out_) store_rows();
  }

 private:
  void begin_sample(int64_t sample) {
    sample_ = sample;
    source_ = b_.sources[b_.sources_differ ? sample : 0];
    if (!b_.sources_differ) {
      source_.data += (b_.rows == nullptr ? sample : b_.rows[sample]) * b_.source_stride;
    }
    key_ = packed_key(b_.keys + sample * b_.key_stride);
    sample_map(p_, key_, source_.height, source_.width, map_);
    cut(map_.x, runs_);
    stage_in_ = source_.column != 1 && source_.width != 1;
    origin_ = 0;
    if (!stage_in_) return;
    origin_ = source_.width;
    int32_t span_end = 0;
    for (const Run& run : runs_) {
      if (run.fill >= 0) continue;
      const int32_t last = run.source + run.step * (run.count - 1);
      origin_ = std::min({origin_, run.source, last});
      span_end = std::max({span_end, run.source + 1, last + 1});
    }
    span_ = std::max(span_end - origin_, 0);
    in_rows_.resize(static_cast<size_t>(group_rows_ * b_.channels * span_ * in_size_));
  }

  const char* source_at(int64_t c, int32_t y, int32_t x) const {
    return source_.data +
           (frame_ * source_.frame + c * source_.channel + y * source_.row + x * source_.column) *
               in_size_;
  }

  char* target_at(int64_t c, int64_t y) const {
    return b_.target.data + (sample_ * b_.target.sample + frame_ * b_.target.frame +
                             c * b_.target.channel + y * b_.target.row) *
                                out_size_;
  }

  // Source rows with neighbouring columns apart -> in_rows_ [row of the group, channel, span].
  void load_rows() {
    const int64_t pitch = int64_t{span_} * in_size_;
    for (int64_t y = first_row_; y < last_row_; ++y) {
      const int32_t from = map_.y.source(static_cast<int32_t>(y));
      if (from < 0 || span_ == 0) continue;
      char* to = in_rows_.data() + (y - first_row_) * b_.channels * pitch;
      if (source_.channel == 1 && source_.column == b_.channels) {
        kernels_.deinterleave(in_size_, source_at(0, from, origin_), static_cast<int>(b_.channels),
                              span_, to, span_);
        continue;
      }
      for (int64_t c = 0; c < b_.channels; ++c) {
        gather(in_size_, source_at(c, from, origin_), source_.column, span_, to + c * pitch);
      }
    }
  }

  void store_rows() {
    const int64_t width = b_.target.width, pitch = width * out_size_;
    for (int64_t y = first_row_; y < last_row_; ++y) {
      const char* from = out_rows_.data() + (y - first_row_) * b_.channels * pitch;
      if (b_.target.channel == 1 && b_.target.column == b_.channels) {
        kernels_.interleave(out_size_, from, width, static_cast<int>(b_.channels), width,
                            target_at(0, y));
        continue;
      }
      for (int64_t c = 0; c < b_.channels; ++c) {
        scatter(out_size_, from + c * pitch, b_.target.column, width, target_at(c, y));
      }
    }
  }

  void draw_normals(int64_t c) {
    for (int k = 0; k < p_.ops; ++k) {
      const ValueOp& op = p_.op[k];
      if (!takes_normals(op.code)) continue;
      const Stream from = stream(key_, op.kind, op.occurrence);
      const int64_t first =
          ((frame_ * b_.channels + c) * b_.target.height + first_row_) * b_.target.width;
      kernels_.normals(from, static_cast<uint64_t>(first),
                       (last_row_ - first_row_) * b_.target.width,
                       normals_.data() + op.normals * normals_pitch_);
    }
  }

  // The fill to write first, or -1: where rows are narrow, something of this group is filled, all
  // of it by one fill, and with the same value everywhere.
  int find_background() const {
    if (p_.normal_ops > 0 || b_.target.width > kNarrow) return -1;
    int found = -1;
    const auto meet = [&](int fill) {
      if (fill < 0) return true;
      const bool same = found < 0 || found == fill;
      found = fill;
      return same;
    };
    for (const Run& run : runs_) {
      if (!meet(run.fill)) return -1;
    }
    for (const Band& band : bands_) {
      if (!meet(band.source < 0 ? -1 - band.source : -1)) return -1;
    }
    return found;
  }

  // Writes a fill's value to a channel of the group.
  void fill_group(int64_t c, int fill) {
    const int64_t width = b_.target.width, row = width * out_size_;
    const int64_t rows_there = std::min(std::max<int64_t>(kStagedElements / width, 1), group_rows_);
    if (background_fill_ != fill) {
      background_fill_ = fill;
      background_.resize(static_cast<size_t>(b_.channels * rows_there * row));
      for (int64_t channel = 0; channel < b_.channels; ++channel) {
        const auto elements = static_cast<int32_t>(rows_there * width);
        const Run all{0, elements, 0, 0, static_cast<int8_t>(fill)};
        Rows part{};
        part.rows = 1;
        part.count = elements;
        part.target = background_.data() + channel * rows_there * row;
        run_part(channel, all, -1 - fill, part);
      }
    }
    const char* from = background_.data() + c * rows_there * row;
    const int64_t pitch = target_pitch(), together = pitch == row ? rows_there : 1;
    for (int64_t y = first_row_; y < last_row_; y += together) {
      const int64_t rows = std::min(together, last_row_ - y);
      std::memcpy(target_row(c, y), from, static_cast<size_t>(rows * row));
    }
  }

  // Output rows of one channel: in the result, or staged.
  char* target_row(int64_t c, int64_t y) {
    if (!stage_out_) return target_at(c, y);
    return out_rows_.data() + ((y - first_row_) * b_.channels + c) * b_.target.width * out_size_;
  }

  int64_t target_pitch() const {
    return (stage_out_ ? b_.channels * b_.target.width : b_.target.row) * out_size_;
  }

  void run_part(int64_t c, const Run& run, int32_t pixel, Rows& part) {
    if (p_.copies) {
      move(c, run, pixel, part);
    } else {
      compute(c, run, pixel, part);
    }
  }

  // One channel of a band, run by run; what is filled may have been written before.
  void rows(int64_t c, const Band& band, bool filled) {
    if (filled && band.source < 0) return;
    const int64_t local = band.begin - first_row_;
    Rows whole{};
    whole.rows = band.count;
    if (band.source >= 0) {  // the source's column origin_
      whole.source = stage_in_ ? in_rows_.data() + (local * b_.channels + c) * span_ * in_size_
                               : source_at(c, band.source, origin_);
      whole.source_pitch = (stage_in_ ? b_.channels * span_ : band.step * source_.row) * in_size_;
    }
    whole.target = target_row(c, band.begin);
    whole.target_pitch = target_pitch();
    if (p_.normal_ops > 0) {
      whole.normals = normals_.data() + local * b_.target.width;
      whole.normals_plane = normals_pitch_;
      whole.normals_pitch = b_.target.width;
    }
    for (const Run& run : runs_) {
      if (filled && run.fill >= 0) continue;
      const int32_t column = run.fill >= 0 ? -1 - run.fill : run.source;
      const int32_t pixel = later_fill(column, band.source);
      Rows part = whole;
      part.count = run.count;
      part.target = static_cast<char*>(whole.target) + int64_t{run.begin} * out_size_;
      if (p_.normal_ops > 0) part.normals += run.begin;
      if (pixel >= 0) {
        part.source =
            static_cast<const char*>(whole.source) + int64_t{run.source - origin_} * in_size_;
      }
      run_part(c, run, pixel, part);
    }
  }

  int fill_index(int32_t pixel, int64_t c) const {
    const Fill& fill = p_.fill[-1 - pixel];
    return fill.table + (fill.count == 1 ? 0 : static_cast<int>(c));
  }

  // Pixels as they are.
  void move(int64_t c, const Run& run, int32_t pixel, const Rows& part) {
    const int64_t bytes = part.count * in_size_;
    const char* from = static_cast<const char*>(part.source);
    char* to = static_cast<char*>(part.target);
    for (int64_t r = 0; r < part.rows; ++r) {
      if (pixel < 0) {
        repeat_element(in_size_, &p_.bits[fill_index(pixel, c)], part.count, to);
      } else if (run.step == 1) {
        std::memcpy(to, from, static_cast<size_t>(bytes));
      } else if (run.step == -1) {
        kernels_.reverse(in_size_, from, part.count, to);
      } else {
        repeat_element(in_size_, from, part.count, to);
      }
      from += part.source_pitch;
      to += part.target_pitch;
    }
  }

  // Pixels through the chain.
  void compute(int64_t c, const Run& run, int32_t pixel, Rows& part) {
    part.ops = channel_ops_.data() + c * p_.ops;
    part.op_count = p_.ops;
    if (pixel >= 0 && run.step != 0) {
      return rows_function(run.step == 1 ? Walk::forward : Walk::backward)(part);
    }
    float value;
    if (pixel < 0) {
      value = p_.table[fill_index(pixel, c)];
      part.source = &value;
      part.source_pitch = 0;
      return rows_function(Walk::constant)(part);
    }
    Rows one = part;  // a column repeated: another constant in each row
    one.rows = 1;
    one.source = &value;
    for (int64_t r = 0; r < part.rows; ++r) {
      value = read_element(p_.input, static_cast<const char*>(part.source) + r * part.source_pitch);
      one.target = static_cast<char*>(part.target) + r * part.target_pitch;
      one.normals = part.normals + r * part.normals_pitch;
      rows_function(Walk::constant)(one);
    }
  }

  RowsFunction rows_function(Walk walk) const {
    return kernels_
        .rows[static_cast<int>(p_.input)][static_cast<int>(walk)][static_cast<int>(p_.output)];
  }

  const Batch& b_;
  const Program& p_;
  const Kernels& kernels_;
  const int in_size_, out_size_;
  const int64_t group_rows_;
  const int64_t normals_pitch_;
  std::vector<float> normals_;            // [noise op, row of the group, column]
  std::vector<ValueOp> channel_ops_;      // [channel, op]
  std::vector<char> in_rows_, out_rows_;  // [row of the group, channel, column]
  const bool stage_out_;
  std::vector<char> background_;  // [channel, row, column]: one fill's value
  int background_fill_ = -1;

  int64_t sample_ = -1, frame_ = 0, first_row_ = 0, last_row_ = 0;
  Source source_{};
  PackedKey key_{};
  IndexMap map_;
  std::vector<Run> runs_;    // of the sample's columns
  std::vector<Band> bands_;  // of the unit's rows
  bool stage_in_ = false;
  int32_t origin_ = 0, span_ = 0;  // the source columns that are staged
};

}  // namespace

int64_t unit_count(const Batch& batch) {
  return batch.samples * batch.frames * groups_per_frame(batch);
}

int64_t unit_size(const Batch& batch) {
  return rows_per_group(batch) * batch.target.width * batch.channels;
}

void augment(const Batch& batch, int64_t begin, int64_t end) {
  const FloatMode mode;
  Worker worker(batch);
  for (int64_t unit = begin; unit < end; ++unit) worker.unit(unit);
}

}  // namespace seedaug
