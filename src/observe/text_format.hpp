// The pieces of the Prometheus text exposition format 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/) and of OpenMetrics 1.0. Pure functions that append.
#pragma once

#include "gatehouse/observe/metrics.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::observe {

enum class FamilyType : std::uint8_t { kCounter, kGauge, kHistogram };

// `a="x",b="y"`: sorted by name, so that equal sets of labels are equal texts; empty without labels.
std::string format_labels(Labels labels);

// The # HELP and # TYPE lines.
void append_family(std::string& to, std::string_view name, std::string_view help, FamilyType type,
                   Registry::Style style = Registry::Style::kPrometheus);
// `labels` as format_labels() made them.
void append_sample(std::string& to, std::string_view name, std::string_view labels, std::uint64_t value);
void append_sample(std::string& to, std::string_view name, std::string_view labels, double value);
// _bucket lines (cumulative), _sum and _count; in OpenMetrics with the exemplar behind its bucket.
void append_histogram(std::string& to, std::string_view name, std::string_view labels, const Histogram::Snapshot& values,
                      Registry::Style style = Registry::Style::kPrometheus);

}  // namespace gatehouse::observe
