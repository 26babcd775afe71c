// The claims of a verified token, looked up by path. Immutable; any thread.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/base/json_tree.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gatehouse::crypto {

// Where a claim is: "sub", "realm_access.roles[0]", "cognito:groups". A URL at the beginning is one name, as issuers have them:
// "https://example.com/roles[0]". Other names that hold dots or brackets are quoted: ['a.b'][0]; a quote in them is doubled.
// Read once, when the configuration is.
class ClaimPath {
 public:
  // The error, jwt_claim_path, says what is wrong with the text.
  static Result<ClaimPath> parse(std::string_view text);

  const std::string& text() const { return text_; }
  JsonValue find_in(JsonValue value) const;
  bool operator==(const ClaimPath& other) const { return steps_ == other.steps_; }

 private:
  using Step = std::variant<std::string, std::uint32_t>;  // a member's name, an element's index
  std::string text_;
  std::vector<Step> steps_;
};

class Claims : public std::enable_shared_from_this<Claims> {
 public:
  using WallTime = std::chrono::system_clock::time_point;

  // REQUIRES: an object at the root.
  explicit Claims(JsonTree tree) : tree_(std::move(tree)), scope_(find("scope")), scp_(find("scp")) {}

  // For whoever looks at them longer than their request. REQUIRES: a shared pointer owns them.
  std::shared_ptr<const Claims> shared() const { return shared_from_this(); }

  JsonValue root() const { return tree_.root(); }
  // No value when there is none.
  JsonValue find(std::string_view name) const { return root().find(name); }
  JsonValue find(const ClaimPath& path) const { return path.find_in(root()); }
  // As text: strings plain, numbers as written, everything else as compact JSON. Lives as long as these claims and the arena.
  std::optional<std::string_view> text(const ClaimPath& path, Arena& arena) const;

  // `exp`, not later than the clock can tell.
  std::optional<WallTime> expires_at() const;

  // Whether one of `any_of` is granted: by `scope` or `scp` (text with spaces between, or an array), or by one of `more`.
  bool has_scope(std::span<const std::string> any_of, std::span<const ClaimPath> more = {}) const;

 private:
  JsonTree tree_;
  // Every route with scopes asks for them.
  JsonValue scope_;
  JsonValue scp_;
};

}  // namespace gatehouse::crypto
