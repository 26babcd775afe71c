// Claims that one worker's requests and token cache share: counted without the locked instructions of a shared_ptr, two of which for
// every request cost as much as looking a token up. One thread.
#pragma once

#include "gatehouse/crypto/claims.hpp"

#include <cstdint>
#include <memory>
#include <utility>

namespace gatehouse::middleware {

class LocalClaims {
 public:
  LocalClaims() = default;
  explicit LocalClaims(crypto::Claims claims) : shared_(new Shared{std::make_shared<const crypto::Claims>(std::move(claims))}) {}
  LocalClaims(const LocalClaims& other) : shared_(other.shared_) {
    if (shared_ != nullptr) ++shared_->users;
  }
  LocalClaims(LocalClaims&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  LocalClaims& operator=(LocalClaims other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~LocalClaims() {
    if (shared_ != nullptr && --shared_->users == 0) delete shared_;
  }

  const crypto::Claims* get() const { return shared_ == nullptr ? nullptr : shared_->claims.get(); }
  const crypto::Claims* operator->() const { return get(); }
  const crypto::Claims& operator*() const { return *get(); }
  explicit operator bool() const { return shared_ != nullptr; }

 private:
  struct Shared {
    std::shared_ptr<const crypto::Claims> claims;  // what outlives the requests of this worker takes part in it
    std::uint64_t users = 1;
  };
  Shared* shared_ = nullptr;
};

}  // namespace gatehouse::middleware
