// Which route of a WebSocket API a message is for: `$request.body.action`, read once when the configuration is, then one scan
// of each message that keeps nothing. Immutable; any thread.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::wsapi {

class RouteSelection {
 public:
  static constexpr std::size_t kMaxVariables = 8;
  static constexpr std::size_t kMaxSteps = 16;    // of one path
  static constexpr std::size_t kMaxName = 256;    // bytes of one step
  static constexpr std::size_t kMaxNesting = 64;  // of a message; beyond it nothing is selected

  // "$request.body.action", "${request.body.service}/${request.body.action}", "$request.body.items[0].kind"; "\$" is a dollar
  // sign. The error's message says what is wrong and how to write it.
  static Result<RouteSelection> parse(std::string_view expression);

  // The key that `message` asks for, in the message, in `arena` or in this. A path that is missing, null, an object or an array is
  // the empty text; numbers and booleans are text as they are written. None when the message is no JSON (RFC 8259), is nested
  // too deep, or has a name of a path twice, which its reader may see differently: then $default is meant.
  std::optional<std::string_view> evaluate(std::string_view message, Arena& arena) const;

  const std::string& text() const { return text_; }
  bool operator==(const RouteSelection& other) const { return text_ == other.text_; }

  // A member's name, or an element's index.
  struct Step {
    static constexpr std::uint32_t kName = UINT32_MAX;
    std::string name;
    std::uint32_t index = kName;
  };
  using Path = std::vector<Step>;

 private:
  friend class SelectionParser;
  struct Part {
    std::string literal;
    int variable = -1;  // of paths_; -1: the literal
  };

  std::string text_;
  std::vector<Part> parts_;
  std::vector<Path> paths_;
};

}  // namespace gatehouse::wsapi
