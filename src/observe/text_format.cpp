#include "text_format.hpp"

#include "gatehouse/base/strings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cinttypes>
#include <cmath>
#include <cstdio>

namespace gatehouse::observe {
namespace {

// Line feeds and backslashes everywhere, quotes in label values only.
void append_escaped(std::string& to, std::string_view text, bool in_quotes) {
  for (const char c : text) {
    if (c == '\n') {
      to += "\\n";
    } else {
      if (c == '\\' || (in_quotes && c == '"')) to += '\\';
      to += c;
    }
  }
}

void append_number(std::string& to, double value) {
  if (std::isnan(value)) {
    to += "NaN";
  } else if (std::isinf(value)) {
    to += value < 0 ? "-Inf" : "+Inf";
  } else {
    std::array<char, 32> digits;
    to.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
  }
}

void append_number(std::string& to, std::uint64_t value) {
  std::array<char, 20> digits;
  to.append(digits.data(), write_u64(digits.data(), value));
}

template <class Number>
void append_line(std::string& to, std::string_view name, std::string_view suffix, std::string_view labels,
                 std::string_view bound, Number value) {
  to += name;
  to += suffix;
  if (!labels.empty() || !bound.empty()) {
    to += '{';
    to += labels;
    if (!bound.empty()) {
      if (!labels.empty()) to += ',';
      to += "le=\"";
      to += bound;
      to += '"';
    }
    to += '}';
  }
  to += ' ';
  append_number(to, value);
  to += '\n';
}

// The upper bounds in seconds, written out: 0.000064 and not 6.4e-05, as people search for them.
const std::array<std::string, Histogram::kBuckets>& bounds() {
  static const auto texts = [] {
    std::array<std::string, Histogram::kBuckets> made;
    for (std::size_t i = 0; i < made.size(); ++i) {
      const double seconds =
          std::chrono::duration<double>(Histogram::kFirstBound).count() * static_cast<double>(1u << i);
      std::array<char, 32> digits;
      const auto end =
          std::to_chars(digits.data(), digits.data() + digits.size(), seconds, std::chars_format::fixed, 6).ptr;
      made[i].assign(digits.data(), end);
    }
    return made;
  }();
  return texts;
}

// `# {trace_id="…"} 0.054 1520879607.789` behind the line at the end of the text.
void append_exemplar(std::string& to, const Histogram::Exemplar& exemplar) {
  std::array<char, 33> trace;
  std::snprintf(trace.data(), trace.size(), "%016" PRIx64 "%016" PRIx64, exemplar.trace_high, exemplar.trace_low);
  to.pop_back();
  to += " # {trace_id=\"";
  to += trace.data();
  to += "\"} ";
  append_number(to, std::chrono::duration<double>(exemplar.duration).count());
  to += ' ';
  std::array<char, 32> time;
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(exemplar.at.time_since_epoch()).count();
  std::snprintf(time.data(), time.size(), "%" PRId64 ".%03d", static_cast<std::int64_t>(millis / 1000), static_cast<int>(millis % 1000));
  to += time.data();
  to += '\n';
}

}  // namespace

std::string format_labels(Labels labels) {
  std::sort(labels.begin(), labels.end());
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!text.empty()) text += ',';
    text += name;
    text += "=\"";
    append_escaped(text, value, true);
    text += '"';
  }
  return text;
}

void append_family(std::string& to, std::string_view name, std::string_view help, FamilyType type, Registry::Style style) {
  constexpr std::string_view kTotal = "_total";
  const bool open = style == Registry::Style::kOpenMetrics;
  // There the samples of a counter have a suffix that its family has not.
  if (open && type == FamilyType::kCounter && name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  constexpr std::string_view kTypes[] = {"counter", "gauge", "histogram"};
  to += "# HELP ";
  to += name;
  to += ' ';
  append_escaped(to, help, open);  // OpenMetrics escapes quotes here too
  to += "\n# TYPE ";
  to += name;
  to += ' ';
  to += kTypes[static_cast<std::size_t>(type)];
  to += '\n';
}

void append_sample(std::string& to, std::string_view name, std::string_view labels, std::uint64_t value) {
  append_line(to, name, {}, labels, {}, value);
}

void append_sample(std::string& to, std::string_view name, std::string_view labels, double value) {
  append_line(to, name, {}, labels, {}, value);
}

void append_histogram(std::string& to, std::string_view name, std::string_view labels, const Histogram::Snapshot& values,
                      Registry::Style style) {
  const bool told = values.exemplar && style == Registry::Style::kOpenMetrics;
  const std::size_t place = told ? Histogram::bucket_of(values.exemplar->duration) : values.buckets.size();
  std::uint64_t up_to_here = 0;
  for (std::size_t i = 0; i < bounds().size(); ++i) {
    up_to_here += values.buckets[i];
    append_line(to, name, "_bucket", labels, bounds()[i], up_to_here);
    if (i == place) append_exemplar(to, *values.exemplar);
  }
  append_line(to, name, "_bucket", labels, "+Inf", values.count);
  if (place == bounds().size()) append_exemplar(to, *values.exemplar);
  append_line(to, name, "_sum", labels, {}, values.sum_seconds);
  append_line(to, name, "_count", labels, {}, values.count);
}

}  // namespace gatehouse::observe
