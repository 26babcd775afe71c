// A place in the stream of one table, kept by the operations of DynamoDB Streams: on any engine. On one worker's thread.
#pragma once

#include "stream_page.hpp"

#include "gatehouse/base/error.hpp"
#include "gatehouse/base/json_tree.hpp"
#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/net/task.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::wsapi {

class StreamSource {
 public:
  static constexpr std::size_t kMostShards = 1000;
  static constexpr Duration kPatience = std::chrono::seconds(10);  // for each call
  // Reason of the error when the place is lost: what was written meanwhile cannot be read.
  static constexpr std::string_view kLost = "stream_place_lost";

  // `waiter` is who calls, and is woken for other reasons too.
  StreamSource(std::shared_ptr<dynamo::Engine> engine, net::Worker& worker, net::Waiter& waiter, std::string table);

  // To the end of every shard: what is written from now on is read.
  net::Task<Result<bool>> go_to_end();
  std::size_t shards() const { return shards_.size(); }
  // What is new in one of them. Those that follow a shard that has ended take its place; `at` is a different one then.
  net::Task<Result<bool>> read(std::size_t at, StreamPage& page);

 private:
  struct Shard {
    std::string id, iterator;
  };
  struct Listed {
    std::string id, parent;
    bool ended;
  };
  net::Task<Result<std::string>> ask(dynamo::Operation operation, std::string body);
  net::Task<Result<bool>> find_stream();
  net::Task<Result<std::vector<Listed>>> list();
  net::Task<Result<std::string>> iterator_of(std::string shard, std::string_view type);
  net::Task<Result<bool>> go_on_behind(std::size_t at);

  std::shared_ptr<dynamo::Engine> engine_;
  net::Worker& worker_;
  net::Waiter& waiter_;
  std::string table_;
  std::string arn_;
  std::vector<Shard> shards_;
};

}  // namespace gatehouse::wsapi
