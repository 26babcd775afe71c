// Feeds: changes of a table's items as messages to the connections that may hear of them. Plain values, read once when the
// configuration is.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/crypto/claims.hpp"
#include "gatehouse/dynamo/engine/settings.hpp"
#include "gatehouse/dynamo/expr/condition.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::wsapi {

// A group's name with attributes of an item in it: "notes-$item.owner", "${item.address.city|nowhere}"; $$ is a dollar sign.
class GroupTemplate {
 public:
  GroupTemplate() = default;  // everybody
  // The error's message says what is wrong and how to write it.
  static Result<GroupTemplate> parse(std::string_view text);

  bool everybody() const { return parts_.empty(); }
  // Appends the name. False when an attribute without a default is absent, empty, or no string, number or boolean, and when
  // what comes out is no name of a group.
  bool evaluate(const dynamo::Map& item, std::string& to) const;
  // What every name begins with.
  std::string_view head() const;
  void append_attributes(std::vector<std::string>& to) const;
  const std::string& text() const { return text_; }
  bool operator==(const GroupTemplate& other) const { return text_ == other.text_; }

 private:
  struct Part {
    std::string text;               // the text itself, or the default
    std::vector<std::string> path;  // of an attribute; empty: the text
  };
  std::string text_;
  std::vector<Part> parts_;
};

// A condition expression of DynamoDB with its names and values.
class FeedFilter {
 public:
  FeedFilter() = default;  // everything
  using Names = std::vector<std::pair<std::string, std::string>>;  // "#status" to "status"
  // `values`: {":open": {"S": "open"}}, empty for none. The error is the service's.
  static Result<FeedFilter> make(std::string expression, Names names, std::string_view values);

  bool operator==(const FeedFilter&) const = default;
  void append_attributes(std::vector<std::string>& to) const;

  // Lives as long as the filter and the arena, where it stays.
  class Compiled {
   public:
    Compiled(const FeedFilter& filter, Arena& arena);
    bool matches(const dynamo::Map& item) const { return !condition_ || condition_.matches(item); }

   private:
    dynamo::Bindings bindings_;
    dynamo::Condition condition_;
  };

 private:
  dynamo::Outcome<dynamo::Condition> parse(dynamo::Bindings& bindings, Arena& arena) const;
  std::string expression_;
  Names names_;
  std::string values_;  // a map, encoded
};

// An attribute that must be what a connection's claim is: one of them where either is a list.
struct OnlyTo {
  std::string attribute;
  std::optional<crypto::ClaimPath> claim;  // none: who the caller is, $context.identity
  bool operator==(const OnlyTo&) const = default;
};

struct FeedSettings {
  std::string store;
  std::string table;
  std::vector<std::string> key;  // attributes of the table's key
  GroupTemplate group;
  FeedFilter filter;
  dynamo::StreamView images = dynamo::StreamView::kNewImage;  // in messages
  std::vector<std::string> hidden;
  std::vector<OnlyTo> only_to;
  bool operator==(const FeedSettings&) const = default;

  // Attributes that decide who hears of a change.
  std::vector<std::string> decisive() const;
};

}  // namespace gatehouse::wsapi
