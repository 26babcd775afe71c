// Small files beside a store: manifests, descriptions of backups. Written whole and durably. Any thread that may wait.
#pragma once

#include "gatehouse/base/error.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

std::optional<std::string> read_file(const std::filesystem::path& path);
// fsynced.
Result<void> write_file(const std::filesystem::path& path, std::string_view bytes);
Result<void> make_folder(const std::filesystem::path& path);  // with those above it
// The folder that holds both is fsynced.
Result<void> rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);
Error file_error(const std::filesystem::path& path, std::string_view what);  // from errno

}  // namespace gatehouse::dynamo
