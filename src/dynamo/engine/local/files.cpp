#include "files.hpp"

#include "gatehouse/net/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

namespace gatehouse::dynamo {
namespace {

namespace fs = std::filesystem;

Result<void> sync(const fs::path& path, int flags) {
  const net::UniqueFd file(::open(path.c_str(), flags | O_CLOEXEC));
  if (file.get() < 0 || ::fsync(file.get()) != 0) return file_error(path, "sync");
  return {};
}

}  // namespace

Error file_error(const fs::path& path, std::string_view what) {
  return {ErrorKind::kInternal, ErrorSource::kGateway, "file_failed",
          path.string() + ": " + std::string(what) + ": " + std::generic_category().message(errno)};
}

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Result<void> write_file(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return file_error(path, "write");
  return sync(path, O_RDONLY);
}

Result<void> make_folder(const fs::path& path) {
  std::error_code problem;
  fs::create_directories(path, problem);
  if (problem) return Error(ErrorKind::kInternal, ErrorSource::kGateway, "file_failed", path.string() + ": " + problem.message());
  return {};
}

Result<void> rename_durably(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return file_error(from, "rename");
  return sync(to.parent_path(), O_RDONLY | O_DIRECTORY);
}

}  // namespace gatehouse::dynamo
