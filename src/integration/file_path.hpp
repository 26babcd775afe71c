// From a part of a request's path to the name of a file below a root. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::integration {

struct FilePath {
  std::string path;        // relative, without a slash at either end; empty: the root itself
  bool is_folder = false;  // asked for with a slash at the end
  bool operator==(const FilePath&) const = default;
};

// `encoded` as it stands in a normalised path, with or without the slash before it. None for what no file is served by:
// escaped slashes and backslashes, NUL, names that begin with a dot.
std::optional<FilePath> to_file_path(std::string_view encoded);

}  // namespace gatehouse::integration
