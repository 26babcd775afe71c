#include "gzip_file.hpp"

#include "files.hpp"

#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "gatehouse/net/unique_fd.hpp"

#include <openssl/evp.h>
#include <zlib.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;
constexpr int kGzipWindow = 15 + 16;

Error gzip_error(const std::filesystem::path& path) {
  return {ErrorKind::kInvalid, ErrorSource::kGateway, "gzip_failed", path.string() + ": no gzip stream, or a damaged one"};
}

struct DigestDeleter {
  void operator()(EVP_MD_CTX* digest) const { EVP_MD_CTX_free(digest); }
};
using Digest = std::unique_ptr<EVP_MD_CTX, DigestDeleter>;

Digest begin_md5() {
  Digest digest(EVP_MD_CTX_new());
  EVP_DigestInit_ex(digest.get(), EVP_md5(), nullptr);
  return digest;
}

std::string end_md5(EVP_MD_CTX& digest) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(&digest, bytes, &size);
  return base64({reinterpret_cast<const char*>(bytes), size});
}

}  // namespace

std::string md5_base64(std::string_view bytes) {
  const Digest digest = begin_md5();
  EVP_DigestUpdate(digest.get(), bytes.data(), bytes.size());
  return end_md5(*digest);
}

struct GzipWriter::Impl {
  std::filesystem::path path;
  net::UniqueFd file;
  z_stream stream{};
  Digest digest = begin_md5();
  std::string md5;
  std::vector<char> buffer = std::vector<char>(kBuffer);

  ~Impl() { deflateEnd(&stream); }

  Result<void> put(std::string_view bytes) {
    EVP_DigestUpdate(digest.get(), bytes.data(), bytes.size());
    while (!bytes.empty()) {
      const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return file_error(path, "write");
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  Result<void> compress(std::string_view text, int flush) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    do {
      stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream.avail_out = kBuffer;
      deflate(&stream, flush);
      if (Result<void> done = put({buffer.data(), kBuffer - stream.avail_out}); !done) return done;
    } while (stream.avail_out == 0);
    return {};
  }
};

GzipWriter::GzipWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GzipWriter::~GzipWriter() = default;

Result<std::unique_ptr<GzipWriter>> GzipWriter::create(const std::filesystem::path& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->file.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!impl->file) return file_error(path, "create");
  if (deflateInit2(&impl->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) return gzip_error(path);
  return std::unique_ptr<GzipWriter>(new GzipWriter(std::move(impl)));
}

Result<void> GzipWriter::write(std::string_view text) { return impl_->compress(text, Z_NO_FLUSH); }

Result<void> GzipWriter::finish() {
  if (Result<void> done = impl_->compress({}, Z_FINISH); !done) return done;
  if (::fsync(impl_->file.get()) != 0) return file_error(impl_->path, "sync");
  impl_->file.reset();
  impl_->md5 = end_md5(*impl_->digest);
  return {};
}

std::string GzipWriter::md5_base64() const { return impl_->md5; }

struct LineReader::Impl {
  std::filesystem::path path;
  Form form = Form::kPlain;
  net::UniqueFd file;
  z_stream stream{};
  bool inflating = false, ended = false;
  std::uint64_t bytes = 0;
  std::vector<char> input = std::vector<char>(kBuffer);
  std::string text;      // not yet taken
  std::size_t taken = 0;

  ~Impl() {
    if (inflating) inflateEnd(&stream);
  }

  Result<void> read_more();
  Result<void> inflate_some(std::size_t size);
};

// A file may hold several gzip streams one after another.
Result<void> LineReader::Impl::inflate_some(std::size_t size) {
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(size);
  while (stream.avail_in > 0) {
    const std::size_t at = text.size();
    text.resize(at + kBuffer);
    stream.next_out = reinterpret_cast<Bytef*>(text.data() + at);
    stream.avail_out = kBuffer;
    const int status = inflate(&stream, Z_NO_FLUSH);
    text.resize(at + kBuffer - stream.avail_out);
    if (status == Z_STREAM_END) {
      inflateReset(&stream);
    } else if (status != Z_OK) {
      return gzip_error(path);
    }
    // One buffer of a file may hold gigabytes: the bound on lines must hold while it is read.
    if (text.size() - taken > kMaxLine && text.find('\n', taken) == std::string::npos) break;
  }
  if (stream.avail_in > 0) return Error(ErrorKind::kLimit, ErrorSource::kGateway, "line_too_long", path.string() + ": a line is too long");
  return {};
}

Result<void> LineReader::Impl::read_more() {
  text.erase(0, taken);
  taken = 0;
  const ssize_t size = ::read(file.get(), input.data(), input.size());
  if (size < 0 && errno == EINTR) return {};
  if (size < 0) return file_error(path, "read");
  if (size == 0) {
    ended = true;
    // Between two streams nothing is half read.
    if (form == Form::kGzip && stream.total_in != 0) return gzip_error(path);
    return {};
  }
  bytes += static_cast<std::uint64_t>(size);
  if (form == Form::kGzip) return inflate_some(static_cast<std::size_t>(size));
  text.append(input.data(), static_cast<std::size_t>(size));
  return {};
}

LineReader::LineReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LineReader::~LineReader() = default;

Result<std::unique_ptr<LineReader>> LineReader::open(const std::filesystem::path& path, Form form) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->form = form;
  impl->file.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!impl->file) return file_error(path, "open");
  if (form == Form::kGzip) {
    if (inflateInit2(&impl->stream, kGzipWindow) != Z_OK) return gzip_error(path);
    impl->inflating = true;
  }
  return std::unique_ptr<LineReader>(new LineReader(std::move(impl)));
}

Result<bool> LineReader::next(std::string_view& line) {
  while (true) {
    const std::size_t end = impl_->text.find('\n', impl_->taken);
    if (end != std::string::npos) {
      line = std::string_view(impl_->text).substr(impl_->taken, end - impl_->taken);
      impl_->taken = end + 1;
      return true;
    }
    if (impl_->text.size() - impl_->taken > kMaxLine)
      return Error(ErrorKind::kLimit, ErrorSource::kGateway, "line_too_long", impl_->path.string() + ": a line is too long");
    if (impl_->ended) {
      line = std::string_view(impl_->text).substr(impl_->taken);
      impl_->taken = impl_->text.size();
      return !line.empty();
    }
    if (Result<void> more = impl_->read_more(); !more) return more.error();
  }
}

std::uint64_t LineReader::bytes_read() const { return impl_->bytes; }

}  // namespace gatehouse::dynamo
