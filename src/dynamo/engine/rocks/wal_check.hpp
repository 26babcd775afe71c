// Looks at the write-ahead logs before RocksDB replays them, and tells a torn tail from damage. RocksDB alone either drops
// whatever follows the first bad record in silence, or refuses after an ordinary power failure.
//
// A tail is torn when the machine stopped before a sync ended: bytes are missing at the end, or whole sectors of the last
// records are zero. Everything else, or a hole in front of records that were written when the lost ones were already
// durable, is damage: records that were acknowledged would vanish.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/dynamo/engine/storage.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

// Stands at the beginning of each record of the log: which opening of the store wrote it, and what was synced by then.
struct LogMark {
  std::uint64_t session;
  CommitNumber synced;
};
inline constexpr std::size_t kLogMarkBytes = 16;
std::array<char, kLogMarkBytes> encode(const LogMark& mark);

// The error names the file. A torn tail is logged and left for RocksDB to drop.
Result<void> check_wal(const std::string& database_folder);

}  // namespace gatehouse::dynamo
