// What becomes of one change for one feed: who hears of it, and the message. Pure but for the claims that are asked of a
// connection.
#pragma once

#include "gatehouse/dynamo/wire/value.hpp"
#include "gatehouse/wsapi/connection.hpp"
#include "gatehouse/wsapi/feed_settings.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::wsapi {

enum class ChangeKind : std::uint8_t { kInsert, kModify, kRemove };
std::string_view change_name(ChangeKind kind);  // "INSERT"

// A record of a stream: images as the stream keeps them.
struct Change {
  ChangeKind kind = ChangeKind::kInsert;
  dynamo::Map keys;
  std::optional<dynamo::Map> before, after;
};

// Who hears of an item as it is at one time.
struct Audience {
  std::string group;                              // empty: everybody
  std::vector<std::vector<std::string>> allowed;  // for each of only_to, in its order
  bool operator==(const Audience&) const = default;
};

// nullopt: nobody.
std::optional<Audience> audience_of(const FeedSettings& feed, const FeedFilter::Compiled& filter, const dynamo::Map& item);
// Whether the claims of the connection are those that `audience` is for.
bool admits(const std::vector<OnlyTo>& rules, const Audience& audience, const ConnectionFacts& facts);

struct Notice {
  Audience audience;
  std::string payload;
};

// At most two: who may not hear any more of an item that has changed is told that it is gone, who may from now on that it is new.
// A payload of more than `most` bytes has no images, but says so.
void append_notices(const FeedSettings& feed, const FeedFilter::Compiled& filter, const Change& change, std::size_t most,
                    std::vector<Notice>& to);
// {"event":"GAP","table":"notes"}: changes were left out.
std::string gap_message(std::string_view table);

}  // namespace gatehouse::wsapi
