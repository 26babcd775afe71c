// Opens one connection to a target: looks its name up, tries its addresses in turn, shakes hands for TLS, all within a
// deadline. Destroying it at any time closes what it had begun. One thread.
#pragma once

#include "addresses.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/base/ip.hpp"
#include "gatehouse/net/stream.hpp"
#include "gatehouse/net/tls.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/upstream/settings.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace gatehouse::upstream {

class Opener final : private net::IoHandler, private net::Timer, private Addresses::Waiting {
 public:
  // Exactly one of the two is called, perhaps within start(). They must not destroy the opener.
  class Owner {
   public:
    virtual void on_open(std::unique_ptr<net::Stream> stream, const IpAddress& address) = 0;
    virtual void on_open_failed(Error error) = 0;

   protected:
    ~Owner() = default;
  };

  // `tls` is null for plain connections. All references must outlive the opener.
  Opener(net::Worker& worker, Addresses& addresses, const TargetSettings& target, const net::TlsClientContext* tls,
         Owner& owner);
  ~Opener() override;

  void start(TimePoint deadline);

 private:
  enum class Phase : unsigned char { kIdle, kResolving, kConnecting, kHandshake };

  void on_io(std::uint32_t events) override;
  void on_timer() override;
  void on_lookup(const Error* error) override;

  void begin(std::span<const IpAddress> known);
  void try_next();
  bool connect_to(const IpAddress& address);
  void connected();
  void shake_hands();
  void address_failed(Error error);
  void address_failed(int error, const char* what);
  void fail(Error error);
  void drop_connection();
  std::string describe(const char* what) const;

  net::Worker& worker_;
  Addresses& addresses_;
  const TargetSettings& target_;
  const net::TlsClientContext* tls_;
  Owner& owner_;
  TimePoint deadline_{};
  std::vector<IpAddress> to_try_;
  std::size_t tried_ = 0;
  std::unique_ptr<net::Stream> stream_;
  net::UniqueFd fd_;
  Phase phase_ = Phase::kIdle;
};

}  // namespace gatehouse::upstream
