// What an operation touches, read from its body before the engine sees it: which tables, by which actions, which items. One
// request; texts live in the body or the arena.
#pragma once

#include "actions.hpp"
#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/wire/fault.hpp"
#include "gatehouse/dynamo/wire/operation.hpp"

#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

struct Touch {
  // How the partitions that it means can be found.
  enum class Items : unsigned char {
    kNone,     // it touches no items: a description
    kObject,   // `json` is a Key or an Item
    kQuery,    // `json` is the whole request of a Query
    kUnknown,  // a Scan, a statement, what changes a whole table
  };
  Action action;
  std::string_view table;  // empty: no table but the account, or none that could be told
  std::string_view index;
  Items items = Items::kUnknown;
  std::string_view json;
};

// Name and index of "notes", or of "arn:aws:dynamodb:eu-west-1:123:table/notes/index/by_date". The name is empty when that
// is neither.
struct TableReference {
  std::string_view table, index;
};
TableReference table_reference(std::string_view text);

// What an iterator's text says of its table: the truth where the engine reads no other stream than the one that is named at its
// front, else the client's word, and no table can be told.
enum class Iterators : unsigned char { kOpaque, kNameTheirStream };

// A fault where the engine would answer with one too: what is no JSON, or of the wrong type.
Outcome<std::vector<Touch>> find_touched(Operation operation, std::string_view body, Iterators iterators, Arena& arena);

}  // namespace gatehouse::dynamo
