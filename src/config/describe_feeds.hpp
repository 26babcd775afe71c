// feeds of a WebSocket API.
#pragma once

#include "fields.hpp"
#include "gatehouse/config/settings.hpp"

#include <vector>

namespace gatehouse::config {

void describe_feeds(Fields& fields, std::vector<wsapi::FeedSettings>& feeds);
// Gives every feed its table's key and store, once all is read; says which do not fit.
void complete_feeds(const Cursor& root, Settings& settings);

}  // namespace gatehouse::config
