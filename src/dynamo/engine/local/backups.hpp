// Backups: a checkpoint of the whole storage in a folder of its own, and beside it the description of the one table that it stands for.
// They lie beside the store, not in it: a store that is lost can be restored from them. Thread-safe.
//   <backup folder>/backups/<id>/store     the checkpoint
//   <backup folder>/backups/<id>/backup    one row (row_codec.hpp): ARN, name, time, the table's description
#pragma once

#include "run.hpp"

#include "gatehouse/base/error.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

struct BackupEntry {
  std::string id, arn, name;
  WallTime created;
  std::int64_t size_bytes = 0, items = 0;
  bool temporary = false;  // made for one restore: not listed, deleted after it
  Table table;             // as it was then
};

class Backups {
 public:
  explicit Backups(LocalState& state) : state_(state) {}
  // Finds the backups there are, and goes on with restores that were not finished.
  Result<void> load();

  // Why there can be none; nothing when there can.
  std::optional<Fault> refusal() const;
  enum class Kind : unsigned char { kNamed, kTemporary };
  Outcome<std::shared_ptr<const BackupEntry>> create(const Table& table, std::string name, Kind kind);
  std::shared_ptr<const BackupEntry> find(std::string_view arn) const;
  std::vector<std::shared_ptr<const BackupEntry>> all() const;  // sorted by ARN; without temporary ones
  Outcome<void> remove(const BackupEntry& backup);

  // Copies the items into `target` in the background; it becomes kActive at the end.
  void enqueue_restore(std::shared_ptr<const BackupEntry> backup, TableId target);

 private:
  std::string folder_of(const BackupEntry& backup) const;
  void give_up(const Table& table, std::string_view why);
  bool is_in_use(const BackupEntry& backup) const;

  LocalState& state_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const BackupEntry>, std::less<>> backups_;  // by ARN
};

}  // namespace gatehouse::dynamo
