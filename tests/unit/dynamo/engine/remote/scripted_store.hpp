// A store, or a credentials endpoint, that does what a test says: an HTTP server on threads of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::dynamo::testing {

// A request as it came.
struct Asked {
  std::string method, path;
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
  std::string body;

  std::string field(const std::string& name) const;
  std::string operation() const;  // of X-Amz-Target
};

struct Reaction {
  enum class Then : unsigned char {
    kAnswer,
    kClose,  // without a byte
    kCut,    // in the middle of the body
    kHang,   // until the client goes
  };
  int status = 200;
  std::string body = "{}";
  std::string crc32 = {};  // the header; empty: none
  Then then = Then::kAnswer;
};

class ScriptedStore {
 public:
  using Script = std::function<Reaction(const Asked&)>;
  // `script` runs on the server's threads, one at a time.
  explicit ScriptedStore(Script script);
  ~ScriptedStore();
  ScriptedStore(const ScriptedStore&) = delete;
  ScriptedStore& operator=(const ScriptedStore&) = delete;

  std::uint16_t port() const;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  std::vector<Asked> asked() const;
  std::size_t count() const { return asked().size(); }
  // False when it does not come to that within 20 s.
  bool wait_for(std::size_t requests) const;
  // As if the node were gone: connections end, new ones are refused.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

Reaction fault(int status, const std::string& type);

}  // namespace gatehouse::dynamo::testing
