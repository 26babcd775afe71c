// A scan for dollar signs, and bounded reading of files.
#include "references.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/net/unique_fd.hpp"
#include "gatehouse/pipeline/dotted_name.hpp"
#include "stage_use.hpp"
#include "text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

namespace gatehouse::config {
namespace {

constexpr std::size_t kMaxExpanded = 1 << 20;
constexpr std::size_t kMaxSecret = 64 << 10;
constexpr std::size_t kMaxPath = 4096;
constexpr std::array<std::string_view, 7> kTemplateWords = {"path", "query", "header", "context",
                                                            "uuid", "ulid",  "now"};

bool is_name(std::string_view text) {
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && std::ranges::all_of(text, pipeline::is_word_char);
}

struct Reference {
  std::string_view name;
  std::optional<std::string_view> fallback;
};

Reference parse_reference(std::string_view inside) {
  const auto colon = inside.find(":-");
  if (colon == std::string_view::npos) return {inside, std::nullopt};
  return {inside.substr(0, colon), inside.substr(colon + 2)};
}

bool is_odd_dollar(std::string_view text, std::size_t at) {
  std::size_t count = 0;
  while (count <= at && text[at - count] == '$') ++count;
  return count % 2 == 1;
}

// Whether what follows a template's text would belong to the $variable at its end.
bool ends_in_variable(std::string_view text) {
  const auto is_part = [](char c) { return pipeline::is_name_char(c) || c == '.' || c == '[' || c == ']' || c == '|'; };
  std::size_t at = text.size();
  while (at > 0 && is_part(text[at - 1])) --at;
  return at > 0 && text[at - 1] == '$' && is_odd_dollar(text, at - 1);
}

// Whether it would belong to a ${variable|default} that is not closed yet.
bool ends_in_braces(std::string_view text) {
  const auto open = text.rfind("${");
  return open != std::string_view::npos && text.find('}', open) == std::string_view::npos && is_odd_dollar(text, open);
}

std::string escape_dollars(std::string_view text) {
  std::string out;
  for (const char c : text) out.append(c == '$' ? 2 : 1, c);
  return out;
}

// In a template what is filled in stays text, whatever stands around it.
std::optional<Complaint> append(std::string& out, std::string_view written, const std::string& value, Dollars dollars) {
  if (dollars == Dollars::kPlain) {
    out += value;
    return std::nullopt;
  }
  if (ends_in_variable(out))
    return Complaint{in_quotes(written) + " would become part of the variable in front of it", "write that one with braces, such as ${query.x}"};
  if (ends_in_braces(out) && value.find_first_of("$}") != std::string::npos)
    return Complaint{"the value of " + in_quotes(written) + " has a '$' or '}', which a default cannot have", ""};
  if (dollars == Dollars::kPath && value.find_first_of("{}") != std::string::npos)
    return Complaint{"the value of " + in_quotes(written) + " has a brace, which begins a variable in a path", ""};
  out += escape_dollars(value);
  return std::nullopt;
}

std::variant<std::string, Complaint> value_of(const Reference& reference, const Environment& environment) {
  auto value = environment(reference.name);
  if (reference.fallback && (!value || value->empty())) value = *reference.fallback;
  const std::string name(reference.name);
  if (!value) {
    return Complaint{"environment variable " + name + " is not set",
                     "set it, or give a default: ${" + name + ":-value}"};
  }
  if (const auto bad = find_bad_byte(*value))
    return Complaint{"environment variable " + name + " " + std::string(bad->why), ""};
  return *value;
}

// Whole: what says where a file is stands at the end of its path.
std::string shown(const std::string& path) { return "'" + one_line(path, kMaxPath) + "'"; }

}  // namespace

std::variant<std::string, Complaint> expand(std::string_view text, Dollars dollars, const Environment& environment,
                                            const StageInput* stage) {
  std::string out;
  while (true) {
    const auto dollar = text.find('$');
    out += text.substr(0, dollar);
    if (out.size() > kMaxExpanded) return Complaint{"is longer than 1 MB once its references are filled in", ""};
    if (dollar == std::string_view::npos) return out;
    text.remove_prefix(dollar);
    const bool plain = dollars == Dollars::kPlain;
    if (text.starts_with("$$") && (!plain || text.starts_with("$${") || find_stage_use(text.substr(1)))) {
      out += plain ? "$" : "$$";
      text.remove_prefix(2);
      const std::size_t literal = plain ? 1 : 0;  // "{", or the first letter of "stage"
      out += text.substr(0, literal);
      text.remove_prefix(literal);
      continue;
    }
    if (const auto use = find_stage_use(text)) {
      auto value = value_of(*use, stage);
      if (auto* complaint = std::get_if<Complaint>(&value)) return std::move(*complaint);
      if (auto complaint = append(out, use->written, std::get<std::string>(value), dollars)) return std::move(*complaint);
      text.remove_prefix(use->written.size());
      if (use->written.ends_with('|') && text.starts_with('$'))
        return Complaint{"the default of " + in_quotes(use->written) + " is a text without variables", ""};
      continue;
    }
    const auto end = text.starts_with("${") ? text.find('}') : std::string_view::npos;
    const Reference reference = parse_reference(end == std::string_view::npos ? "" : text.substr(2, end - 2));
    const bool is_variable =
        std::find(kTemplateWords.begin(), kTemplateWords.end(), reference.name) != kTemplateWords.end();
    if (is_name(reference.name) && !(is_variable && !plain)) {
      auto value = value_of(reference, environment);
      if (auto* complaint = std::get_if<Complaint>(&value)) return std::move(*complaint);
      if (auto complaint = append(out, text.substr(0, end + 1), std::get<std::string>(value), dollars)) return std::move(*complaint);
      text.remove_prefix(end + 1);
      continue;
    }
    if (text.starts_with("${") && plain) {
      const auto shown = in_quotes(text.substr(0, end == std::string_view::npos ? end : end + 1));
      return Complaint{shown + " is no reference to the environment",
                       "write ${NAME} or ${NAME:-default}, or $${ for a plain ${"};
    }
    out += '$';
    text.remove_prefix(1);
  }
}

std::variant<std::string, Complaint> read_file(const std::string& path, std::size_t limit) {
  const auto failed = [&path] {
    return Complaint{"cannot read " + shown(path) + ": " + std::generic_category().message(errno), ""};
  };
  const net::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return failed();
  std::string content;
  std::array<char, 16384> piece;
  while (content.size() <= limit) {
    const ssize_t got = ::read(fd.get(), piece.data(), std::min(piece.size(), limit + 1 - content.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed();
    if (got == 0) break;
    content.append(piece.data(), static_cast<std::size_t>(got));
  }
  return content;
}

std::variant<std::string, Complaint> read_secret_file(const std::string& path) {
  struct stat facts{};
  // Anything but a regular file could keep the reader waiting for ever.
  if (::stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode))
    return Complaint{shown(path) + " is not a regular file", ""};
  auto content = read_file(path, kMaxSecret);
  auto* const text = std::get_if<std::string>(&content);
  if (text == nullptr) return content;
  if (text->size() > kMaxSecret) return Complaint{shown(path) + " is larger than 64 KB", "a secret is a short text"};
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
  return content;
}

std::string resolve_path(std::string_view path, const std::string& directory) {
  return (std::filesystem::path(directory) / path).lexically_normal().string();
}

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* const value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

}  // namespace gatehouse::config
