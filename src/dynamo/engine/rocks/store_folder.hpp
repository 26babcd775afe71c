// The folder of a store: "db" (RocksDB), "format" (which layout is inside) and "pid" (whose it is while it is open).
#pragma once

#include "gatehouse/base/error.hpp"

#include <string>

namespace gatehouse::dynamo {

inline constexpr unsigned kStoreFormat = 1;  // docs/storage-format.md

// Errors of opening name the folder and what to do.
Error store_error(std::string_view reason, std::string message);

std::string database_folder(const std::string& folder);

// The version in `folder`/format; 0 when there is none. A newer one than kStoreFormat is an error, and so is an unreadable one.
Result<unsigned> read_format(const std::string& folder);
// Atomic, and on disk afterwards.
Result<void> write_format(const std::string& folder);
Result<void> sync_folder(const std::string& folder);

// Held while the store is open: the kernel lets go of it however the process ends.
class FolderLock {
 public:
  // Creates the folder when absent.
  static Result<FolderLock> take(const std::string& folder);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;
  ~FolderLock();

 private:
  explicit FolderLock(int file) : file_(file) {}
  int file_;
};

}  // namespace gatehouse::dynamo
