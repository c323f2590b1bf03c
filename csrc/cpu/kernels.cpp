// Picks the table of loops: the best instruction set that the processor runs, or the
// one SEEDAUG_ISA names.
#include "cpu/kernels.h"

#include <atomic>
#include <cstdlib>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace seedaug {

namespace scalar {
extern const Kernels kTable;
}
#if defined(__x86_64__)
namespace avx2 {
extern const Kernels kTable;
}
namespace avx512 {
extern const Kernels kTable;
}
#elif defined(__aarch64__)
namespace neon {
extern const Kernels kTable;
}
#endif

namespace {

constexpr int kMost = 3;

#if defined(__x86_64__)
// Not every compiler's __builtin_cpu_supports knows the name.
bool has_f16c() {
  unsigned a, b, c, d;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
#endif

struct Tables {
  const Kernels* best_first[kMost + 1] = {};
  const char* names[kMost + 1] = {};

  Tables() {
    int n = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool has_avx2 =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
    if (has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
      best_first[n++] = &avx512::kTable;
    }
    if (has_avx2) best_first[n++] = &avx2::kTable;
#elif defined(__aarch64__)
    best_first[n++] = &neon::kTable;
#endif
    best_first[n++] = &scalar::kTable;
    for (int i = 0; i < n; ++i) names[i] = best_first[i]->name;
  }

  const Kernels* find(const char* name) const {
    for (int i = 0; best_first[i] != nullptr; ++i) {
      if (std::strcmp(best_first[i]->name, name) == 0) return best_first[i];
    }
    return nullptr;
  }
};

const Tables& tables() {
  static const Tables all;
  return all;
}

// An unknown name in SEEDAUG_ISA is reported by Python at import; here it means "the best".
const Kernels* chosen_at_load() {
  const char* wanted = std::getenv("SEEDAUG_ISA");
  const Kernels* found = wanted != nullptr ? tables().find(wanted) : nullptr;
  return found != nullptr ? found : tables().best_first[0];
}

std::atomic<const Kernels*>& in_use() {
  static std::atomic<const Kernels*> table{chosen_at_load()};
  return table;
}

}  // namespace

const Kernels& kernels() { return *in_use().load(std::memory_order_relaxed); }

const char* const* available_isas() { return tables().names; }

bool use_isa(const char* name) {
  const Kernels* found = tables().find(name);
  if (found != nullptr) in_use().store(found, std::memory_order_relaxed);
  return found != nullptr;
}

}  // namespace seedaug
