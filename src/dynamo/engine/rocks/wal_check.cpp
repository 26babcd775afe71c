// The format of a log file: RocksDB's "Write Ahead Log File Format" (blocks of 32 KiB; records of checksum u32, length
// u16, type u8, payload; a payload begins with sequence u64, count u32, and with us a log-data entry, the mark).
#include "wal_check.hpp"

#include "store_folder.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/base/strings.hpp"

#include <boost/crc.hpp>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kBlock = 32 * 1024;
constexpr std::size_t kSector = 512;
constexpr std::size_t kHead = 7;
constexpr std::size_t kBatchHead = 12;
constexpr std::size_t kRecordStart = kBatchHead + 2 + kLogMarkBytes;
constexpr char kLogDataTag = 3;
constexpr std::size_t kZerosOfATear = 8;  // fewer zero bytes are taken for content
constexpr std::uint32_t kMaskDelta = 0xa282ead8U;

enum PhysicalType : unsigned char { kZero, kFull, kFirst, kMiddle, kLast };

template <class Unsigned>
Unsigned little_endian(const char* from) {
  Unsigned value = 0;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// Fed byte by byte; matches() compares with what stands in a record's head.
class Checksum {
 public:
  explicit Checksum(char type) { crc_.process_byte(static_cast<unsigned char>(type)); }
  void add(std::string_view bytes) { crc_.process_bytes(bytes.data(), bytes.size()); }
  bool matches(std::uint32_t stored) const {
    const auto crc = static_cast<std::uint32_t>(crc_.checksum());
    return ((crc >> 15) | (crc << 17)) + kMaskDelta == stored;
  }

 private:
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc_;  // CRC-32C
};

// The beginning of a whole or first fragment.
struct Start {
  std::uint64_t sequence;
  std::uint32_t count;
  LogMark mark;
};

std::optional<Start> parse_start(std::string_view payload) {
  if (payload.size() < kRecordStart) return std::nullopt;
  const char* mark = payload.data() + kBatchHead;
  if (mark[0] != kLogDataTag || mark[1] != static_cast<char>(kLogMarkBytes)) return std::nullopt;
  return Start{little_endian<std::uint64_t>(payload.data()), little_endian<std::uint32_t>(payload.data() + 8),
               LogMark{little_endian<std::uint64_t>(mark + 2), little_endian<std::uint64_t>(mark + 10)}};
}

// One block of a file, and the record that is looked at.
struct Block {
  std::string_view bytes;
  bool last;  // the file ends with it
  std::size_t at = 0;

  bool ended() const { return bytes.size() - at < kHead; }
  std::string_view rest() const { return bytes.substr(at); }
  std::uint32_t stored_checksum() const { return little_endian<std::uint32_t>(rest().data()); }
  std::size_t length() const { return little_endian<std::uint16_t>(rest().data() + 4); }
  char type() const { return rest()[6]; }
  bool fits() const { return kHead + length() <= rest().size(); }
  std::string_view payload() const { return rest().substr(kHead, length()); }

  bool sound() const {
    if (!fits() || type() == kZero) return false;
    Checksum checksum(type());
    checksum.add(payload());
    return checksum.matches(stored_checksum());
  }

  // Some length makes the checksum right: all bytes are there, only the length is not.
  bool sound_but_for_its_length() const {
    Checksum checksum(type());
    for (const char& byte : rest().substr(kHead)) {
      if (checksum.matches(stored_checksum())) return true;
      checksum.add({&byte, 1});
    }
    return checksum.matches(stored_checksum());
  }

  // What a power failure leaves: the end is missing, or a sector of the record was never written.
  bool torn() const {
    if (sound_but_for_its_length()) return false;
    if (!fits() && last) return true;
    const std::size_t end = std::min(at + kHead + length(), bytes.size());
    for (std::size_t sector = at / kSector * kSector; sector < end; sector += kSector) {
      const std::string_view content = bytes.substr(sector, kSector);
      const std::size_t zeros = content.size() - (content.find_last_not_of('\0') + 1);
      const std::size_t before = at > sector ? at - sector : 0;  // of the sector, written earlier
      const bool reach_the_record = sector + content.size() - zeros < end;
      const bool all_of_it = zeros >= content.size() - before;
      if (reach_the_record && (zeros >= kZerosOfATear || all_of_it)) return true;
    }
    return false;
  }
};

class Check {
 public:
  Result<void> file(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    std::error_code failed;
    const std::uint64_t size = std::filesystem::file_size(path, failed);
    if (!stream || failed) return store_error("store_damaged", "cannot read " + path + ": " + failed.message());
    // Files between this one and the last may be gone: what is known ends with a file.
    session_.reset();
    next_.reset();
    std::string buffer(kBlock, '\0');
    for (std::uint64_t offset = 0; offset < size; offset += kBlock) {
      const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, size - offset));
      if (!stream.read(buffer.data(), static_cast<std::streamsize>(bytes))) {
        return store_error("store_damaged", "cannot read " + path + " at byte " + std::to_string(offset));
      }
      const bool last = offset + bytes == size;
      if (Result<void> read = block({{buffer.data(), bytes}, last}, path, offset); !read) return read;
    }
    if (damage_ && !damage_->session) drop_tail();  // no later file speaks of it
    return {};
  }

  void drop_tail() {
    if (damage_) log::warn("store_log_tail_dropped", {{"file", damage_->path}, {"at_byte", damage_->offset}});
    damage_.reset();
  }

 private:
  struct Damage {
    std::string path;
    std::uint64_t offset;
    std::optional<std::uint64_t> session;
    std::optional<CommitNumber> first_lost;
  };

  Result<void> block(Block block, const std::string& path, std::uint64_t offset) {
    while (!block.ended()) {
      if (block.sound()) {
        if (block.type() == kFull || block.type() == kFirst) {
          if (Result<void> judged = record(parse_start(block.payload())); !judged) return judged;
        }
      } else {
        if (!damage_) {
          damage_ = Damage{path, offset + block.at, session_, next_};
          if (!block.torn()) return refusal();
        }
        if (!block.fits()) return {};
        if (block.type() == kZero) return {};  // RocksDB, too, goes on with the next block
      }
      block.at += kHead + block.length();
    }
    return {};
  }

  // A sound record. After damage: was the lost part durable when it was written?
  Result<void> record(const std::optional<Start>& start) {
    if (!start) return {};
    if (damage_) {
      const std::uint64_t session = damage_->session.value_or(start->mark.session);
      if (session == start->mark.session) {
        damage_->session = session;
        if (!damage_->first_lost) damage_->first_lost = start->sequence - 1;
        if (start->mark.synced >= *damage_->first_lost) return refusal();
        return {};
      }
      drop_tail();  // an earlier start has dealt with it
    }
    session_ = start->mark.session;
    next_ = start->sequence + start->count;
    return {};
  }

  Error refusal() const {
    const std::string at = std::to_string(damage_->offset);
    return store_error("store_damaged",
                       damage_->path + " is damaged at byte " + at +
                           ": acknowledged writes lie there, so the store is not opened, and nothing was changed. Restore a "
                           "backup; or give up what was written from there on: truncate -s " + at + " " + damage_->path);
  }

  std::optional<std::uint64_t> session_;
  std::optional<CommitNumber> next_;
  std::optional<Damage> damage_;
};

std::vector<std::string> log_files(const std::string& folder) {
  std::vector<std::pair<std::uint64_t, std::string>> numbered;
  std::error_code ignored;  // no folder: no files
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const auto number = parse_u64(entry.path().stem().string());
    if (entry.path().extension() == ".log" && number) numbered.emplace_back(*number, entry.path().string());
  }
  std::sort(numbered.begin(), numbered.end());
  std::vector<std::string> paths;
  for (auto& [number, path] : numbered) paths.push_back(std::move(path));
  return paths;
}

}  // namespace

std::array<char, kLogMarkBytes> encode(const LogMark& mark) {
  std::array<char, kLogMarkBytes> bytes;
  std::memcpy(bytes.data(), &mark.session, 8);
  std::memcpy(bytes.data() + 8, &mark.synced, 8);
  return bytes;
}

Result<void> check_wal(const std::string& database_folder) {
  Check check;
  for (const std::string& path : log_files(database_folder)) {
    if (Result<void> sound = check.file(path); !sound) return sound;
  }
  check.drop_tail();
  return {};
}

}  // namespace gatehouse::dynamo
