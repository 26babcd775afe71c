// A scan for dollar signs, and bounded reading of files.
#include "references.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/net/unique_fd.hpp"
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

constexpr std::array<std::string_view, 2> kStageWords = {"stage.", "stageVariables."};

bool is_name(std::string_view text) {
  const auto is_word = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && std::all_of(text.begin(), text.end(), is_word);
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

// $stage.x in a text.
struct StageUse {
  std::string_view written;  // at the front of the text
  std::string_view name;
  std::optional<std::string_view> fallback;
};

bool is_stage_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// At the dollar sign of `text`.
std::optional<StageUse> find_stage_use(std::string_view text) {
  const bool delimited = text.starts_with("${");
  std::string_view rest = text.substr(delimited ? 2 : 1);
  const auto word = std::ranges::find_if(kStageWords, [&rest](std::string_view one) { return rest.starts_with(one); });
  if (word == kStageWords.end()) return std::nullopt;
  rest.remove_prefix(word->size());
  const auto take_while = [&rest](auto accepts) {
    const auto end = std::ranges::find_if_not(rest, accepts);
    const auto taken = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    rest.remove_prefix(taken.size());
    return taken;
  };
  StageUse use{{}, take_while(is_stage_char), std::nullopt};
  if (use.name.empty()) return std::nullopt;
  if (rest.starts_with('|')) {
    rest.remove_prefix(1);
    use.fallback = take_while([delimited](char c) { return delimited ? c != '}' : is_stage_char(c) || c == '.'; });
  }
  if (delimited) {
    if (!rest.starts_with('}')) return std::nullopt;
    rest.remove_prefix(1);
  }
  use.written = text.substr(0, text.size() - rest.size());
  return use;
}

// A default stands for what is absent or empty.
std::variant<std::string, Complaint> value_of(const StageUse& use, const StageInput* stage) {
  if (stage == nullptr) return Complaint{in_quotes(use.written) + " is known inside of an API only", ""};
  const auto known = std::ranges::find(stage->variables, use.name, &std::pair<std::string, std::string>::first);
  const bool absent = known == stage->variables.end();
  if (use.fallback && (absent || known->second.empty())) return std::string(*use.fallback);
  if (!absent) return known->second;
  std::vector<std::string_view> names;
  for (const auto& [name, value] : stage->variables) names.push_back(name);
  std::string fix = did_you_mean(use.name, names);
  if (fix.empty()) fix = "add it to 'variables' of the stage or the API, or give a default: ${stage." + std::string(use.name) + "|value}";
  return Complaint{"the stage " + in_quotes(stage->name) + " has no variable " + in_quotes(use.name), fix};
}

std::string escape_dollars(std::string_view text) {
  std::string out;
  for (const char c : text) out.append(c == '$' ? 2 : 1, c);
  return out;
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
    if (text.starts_with("$$") && (dollars == Dollars::kTemplate || text.starts_with("$${"))) {
      out += dollars == Dollars::kTemplate ? "$$" : "${";
      text.remove_prefix(dollars == Dollars::kTemplate ? 2 : 3);
      continue;
    }
    if (const auto use = find_stage_use(text)) {
      auto value = value_of(*use, stage);
      if (auto* complaint = std::get_if<Complaint>(&value)) return std::move(*complaint);
      const std::string& found = std::get<std::string>(value);
      out += dollars == Dollars::kTemplate ? escape_dollars(found) : found;
      text.remove_prefix(use->written.size());
      continue;
    }
    const auto end = text.starts_with("${") ? text.find('}') : std::string_view::npos;
    const Reference reference = parse_reference(end == std::string_view::npos ? "" : text.substr(2, end - 2));
    const bool is_variable =
        std::find(kTemplateWords.begin(), kTemplateWords.end(), reference.name) != kTemplateWords.end();
    if (is_name(reference.name) && !(is_variable && dollars == Dollars::kTemplate)) {
      auto value = value_of(reference, environment);
      if (auto* complaint = std::get_if<Complaint>(&value)) return std::move(*complaint);
      const std::string& found = std::get<std::string>(value);
      out += dollars == Dollars::kTemplate ? escape_dollars(found) : found;
      text.remove_prefix(end + 1);
      continue;
    }
    if (text.starts_with("${") && dollars == Dollars::kPlain) {
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
