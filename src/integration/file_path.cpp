#include "file_path.hpp"

#include "gatehouse/base/percent.hpp"

namespace gatehouse::integration {

std::optional<FilePath> to_file_path(std::string_view encoded) {
  FilePath file;
  if (encoded.starts_with('/')) encoded.remove_prefix(1);
  if (encoded.empty() || encoded.ends_with('/')) {
    file.is_folder = true;
    encoded = encoded.substr(0, encoded.empty() ? 0 : encoded.size() - 1);
  }
  for (std::string_view rest = encoded; !rest.empty();) {
    const std::size_t slash = rest.find('/');
    const auto name = percent_decode(rest.substr(0, slash));
    // The dot also stands for ".." here.
    if (!name || name->empty() || name->front() == '.') return std::nullopt;
    if (name->find_first_of(std::string_view("/\\\0", 3)) != std::string::npos) return std::nullopt;
    if (!file.path.empty()) file.path += '/';
    file.path += *name;
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  }
  return file;
}

}  // namespace gatehouse::integration
