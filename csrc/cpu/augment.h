// Runs a program over a batch: read -> index map -> value ops -> write, a few rows at a time,
// nothing in between but what stays in the first-level cache.
#pragma once

#include <cstdint>

#include "program/batch.h"

namespace seedaug {

// Work is cut into units (a group of rows of one frame, all channels), numbered from 0.
int64_t unit_count(const Batch& batch);
// Elements written for one unit, about: the measure of how many are worth a thread.
int64_t unit_size(const Batch& batch);

// Does units begin ... end - 1; threads share nothing.
void augment(const Batch& batch, int64_t begin, int64_t end);

}  // namespace seedaug
