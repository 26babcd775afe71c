// What only the file as a whole can tell: names that are given twice, routes that exclude each other, rules that never apply.
#pragma once

#include "cursor.hpp"
#include "gatehouse/config/settings.hpp"

namespace gatehouse::config {

// `settings` were read from `root`; lists in both run in parallel. What was already found wrong is passed over.
void check_whole(const Cursor& root, const Settings& settings);

}  // namespace gatehouse::config
