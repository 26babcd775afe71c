#include "cache_visit.hpp"

#include <utility>

namespace gatehouse::middleware {
namespace {

using http::More;

class Keeper final : public pipeline::BodyFilter {
 public:
  Keeper(std::unique_ptr<CacheVisit> visit, std::shared_ptr<CacheEntry> entry, std::uint64_t max_item, TimePoint pass_until, bool silent)
      : visit_(std::move(visit)), entry_(std::move(entry)), max_item_(max_item), pass_until_(pass_until), silent_(silent) {}
  ~Keeper() override { release(); }

  std::string_view pass(std::string_view bytes, More more) override {
    if (body_) copy(bytes);
    if (body_ && more == More::kNo) keep();
    return silent_ ? std::string_view() : bytes;
  }

  // They are no part of what is kept: an answer without them would be another one.
  void see_trailers(const http::Fields&) override {
    if (body_) give_up();
  }

 private:
  void copy(std::string_view bytes) {
    std::string& copied = body_->bytes;
    if (copied.size() + bytes.size() > max_item_ || !visit_->cache->reserve(bytes.size())) {
      give_up();
      return;
    }
    reserved_ += bytes.size();
    copied.append(bytes);
  }

  void keep() {
    body_->bytes.shrink_to_fit();
    entry_->body = std::exchange(body_, nullptr);
    visit_->cache->keep(std::exchange(entry_, nullptr));
    release();
    visit_->land(CacheFlight::State::kKept);
  }

  void give_up() {
    body_.reset();
    release();
    visit_->cache->pass(visit_->cache_key(), pass_until_);
    visit_->land(CacheFlight::State::kNotKept);
  }

  void release() { visit_->cache->unreserve(std::exchange(reserved_, 0)); }

  std::unique_ptr<CacheVisit> visit_;
  std::shared_ptr<CacheEntry> entry_;
  std::shared_ptr<KeptBody> body_ = std::make_shared<KeptBody>();
  std::uint64_t max_item_;
  TimePoint pass_until_;
  std::size_t reserved_ = 0;
  bool silent_;
};

class Substitute final : public pipeline::BodyFilter {
 public:
  Substitute(std::shared_ptr<const CacheEntry> entry, bool silent) : entry_(std::move(entry)), done_(silent) {}

  std::string_view pass(std::string_view, More) override {
    return std::exchange(done_, true) ? std::string_view() : std::string_view(entry_->body->bytes);
  }

 private:
  std::shared_ptr<const CacheEntry> entry_;
  bool done_;
};

}  // namespace

std::unique_ptr<pipeline::BodyFilter> make_keeper(std::unique_ptr<CacheVisit> visit, std::shared_ptr<CacheEntry> entry,
                                                  std::uint64_t max_item, TimePoint pass_until, bool silent) {
  return std::make_unique<Keeper>(std::move(visit), std::move(entry), max_item, pass_until, silent);
}

std::unique_ptr<pipeline::BodyFilter> make_substitute(std::shared_ptr<const CacheEntry> entry, bool silent) {
  return std::make_unique<Substitute>(std::move(entry), silent);
}

}  // namespace gatehouse::middleware
