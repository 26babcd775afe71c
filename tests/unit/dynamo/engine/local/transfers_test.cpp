// Exports to files and imports from them.
#include "control_fixture.hpp"

#include "dynamo/engine/local/gzip_file.hpp"

#include <filesystem>
#include <fstream>

namespace gatehouse::dynamo::testing {
namespace {

namespace fs = std::filesystem;

class TransfersTest : public ControlTest {
 protected:
  TransfersTest() {
    open_in_memory();
    create_notes();
    ok(Operation::kUpdateContinuousBackups, disabled());
  }
  static Json disabled() { return {{"TableName", "notes"}, {"PointInTimeRecoverySpecification", {{"PointInTimeRecoveryEnabled", false}}}}; }
  fs::path bucket() const { return folder_ / "beside/exports/bucket"; }
  static std::vector<std::string> lines(const fs::path& path, LineReader::Form form) {
    auto reader = LineReader::open(path, form).value();
    std::vector<std::string> found;
    std::string_view line;
    while (reader->next(line).value()) found.emplace_back(line);
    return found;
  }
  void write_lines(const std::string& name, const std::vector<std::string>& text) {
    fs::create_directories(bucket());
    std::ofstream file(bucket() / name);
    for (const std::string& line : text) file << line << "\n";
  }
  static Json import_request(std::string_view compression = "NONE") {
    Json table = table_request("imported");
    table["AttributeDefinitions"] = definitions("pS qS");
    table["GlobalSecondaryIndexes"] = Json::array({global_index("by_q", "q")});
    return {{"S3BucketSource", {{"S3Bucket", "bucket"}}}, {"InputFormat", "DYNAMODB_JSON"}, {"InputCompressionType", compression}, {"TableCreationParameters", table}};
  }
  Json import_status(const Json& arn) { return ok(Operation::kDescribeImport, {{"ImportArn", arn}})["ImportTableDescription"]; }
};

class StoredTransfersTest : public TransfersTest {
 protected:
  StoredTransfersTest() {
    close();
    open_on_disk();
    create_notes();
    ok(Operation::kUpdateContinuousBackups, {{"TableName", "notes"}, {"PointInTimeRecoverySpecification", {{"PointInTimeRecoveryEnabled", true}}}});
  }
  Json export_notes() { return ok(Operation::kExportTableToPointInTime, export_request())["ExportDescription"]; }
  Json export_request() { return {{"TableArn", describe()["TableArn"]}, {"S3Bucket", "bucket"}, {"S3Prefix", "daily"}}; }
  Json export_status(const Json& arn) { return ok(Operation::kDescribeExport, {{"ExportArn", arn}})["ExportDescription"]; }
};

TEST_F(StoredTransfersTest, AnExportLiesAsTheServiceLaysItOut) {
  for (int i = 0; i < 3000; ++i) put({{"p", {{"S", std::to_string(i)}}}, {"q", {{"S", "x"}}}});
  const auto started = export_notes();
  EXPECT_EQ(started["ExportStatus"], "IN_PROGRESS");
  engine_->tick();
  const auto done = export_status(started["ExportArn"]);
  ASSERT_EQ(done["ExportStatus"], "COMPLETED") << done;
  EXPECT_EQ(done["ItemCount"], 3000);
  const fs::path summary_path = bucket() / done["ExportManifest"].get<std::string>();
  const Json summary = Json::parse(std::ifstream(summary_path));
  EXPECT_EQ(summary["itemCount"], 3000);
  EXPECT_EQ(summary["outputFormat"], "DYNAMODB_JSON");
  EXPECT_EQ(summary["exportTime"], "2024-10-04T00:00:00.000Z");
  const auto files = lines(bucket() / summary["manifestFilesS3Key"].get<std::string>(), LineReader::Form::kPlain);
  ASSERT_EQ(files.size(), 1u);
  const Json file = Json::parse(files[0]);
  const fs::path data = bucket() / file["dataFileS3Key"].get<std::string>();
  std::ifstream stream(data, std::ios::binary);
  EXPECT_EQ(file["md5Checksum"], md5_base64(std::string(std::istreambuf_iterator<char>(stream), {})));
  const auto items = lines(data, LineReader::Form::kGzip);
  ASSERT_EQ(items.size(), 3000u);
  EXPECT_EQ(Json::parse(items[0])["Item"]["q"]["S"], "x");
  EXPECT_EQ(ok(Operation::kListExports, {{"TableArn", describe()["TableArn"]}})["ExportSummaries"].size(), 1u);
}

TEST_F(StoredTransfersTest, WhatWasExportedCanBeImported) {
  for (int i = 0; i < 100; ++i) put({{"p", {{"S", std::to_string(i)}}}, {"q", {{"S", "x"}}}, {"b", {{"B", "AAEC"}}}});
  export_notes();
  engine_->tick();
  const auto started = ok(Operation::kImportTable, import_request("GZIP"))["ImportTableDescription"];
  EXPECT_EQ(started["ImportStatus"], "IN_PROGRESS");
  EXPECT_EQ(describe("imported")["TableStatus"], "CREATING");
  engine_->tick();
  const auto done = import_status(started["ImportArn"]);
  EXPECT_EQ(done["ImportStatus"], "COMPLETED") << done;
  EXPECT_EQ(done["ImportedItemCount"], 100);
  EXPECT_EQ(done["ErrorCount"], 0);
  EXPECT_EQ(describe("imported")["TableStatus"], "ACTIVE");
  EXPECT_EQ(describe("imported")["ItemCount"], 100);
  EXPECT_EQ(get("42", "imported"), get("42"));
  EXPECT_EQ(count("imported", "by_q"), 100u);
  EXPECT_EQ(ok(Operation::kListImports, Json::object())["ImportSummaryList"].size(), 1u);
}

TEST_F(StoredTransfersTest, AnImportGoesOnAndAnExportFailsAfterARestart) {
  put(item("1"));
  export_notes();
  engine_->tick();
  const auto exported = export_notes()["ExportArn"];
  const auto imported = ok(Operation::kImportTable, import_request("GZIP"))["ImportTableDescription"]["ImportArn"];
  close();
  open_on_disk();
  EXPECT_EQ(export_status(exported)["ExportStatus"], "FAILED");
  EXPECT_EQ(import_status(imported)["ImportStatus"], "IN_PROGRESS");
  engine_->tick();
  EXPECT_EQ(import_status(imported)["ImportStatus"], "COMPLETED");
  EXPECT_EQ(count("imported"), 1u);
}

TEST_F(StoredTransfersTest, ATokenStartsOneExport) {
  auto request = export_request();
  request["ClientToken"] = "once";
  const auto first = ok(Operation::kExportTableToPointInTime, request)["ExportDescription"]["ExportArn"];
  EXPECT_EQ(ok(Operation::kExportTableToPointInTime, request)["ExportDescription"]["ExportArn"], first);
}

TEST_F(StoredTransfersTest, ABucketIsAFolderThatCannotBeLeft) {
  auto request = export_request();
  for (const char* name : {"..", "a/b", "/tmp", ".hidden"}) {
    request["S3Bucket"] = name;
    EXPECT_EQ(fault(Operation::kExportTableToPointInTime, request).substr(0, 38), "ValidationException: Invalid S3Bucket:") << name;
  }
  request["S3Bucket"] = "bucket";
  for (const char* prefix : {"../x", "a/../../b", "/etc"}) {
    request["S3Prefix"] = prefix;
    EXPECT_EQ(fault(Operation::kExportTableToPointInTime, request).substr(0, 36), "ValidationException: Invalid prefix:") << prefix;
  }
}

TEST_F(TransfersTest, AnExportNeedsContinuousBackups) {
  EXPECT_EQ(fault(Operation::kExportTableToPointInTime, {{"TableArn", describe()["TableArn"]}, {"S3Bucket", "bucket"}}),
            "PointInTimeRecoveryUnavailableException: Point in time recovery is not enabled for table 'notes'");
}

TEST_F(TransfersTest, LinesThatAreNoItemsAreCounted) {
  write_lines("items.json", {R"({"Item":{"p":{"S":"1"},"q":{"S":"x"}}})", R"({"Item":{"p":{"N":"5"}}})", R"({"Item":{"q":{"S":"x"}}})", "not json", R"({"Thing":{}})",
                             R"({"Item":{"p":{"S":"2"},"q":{"N":"1"}}})", "", R"({"Item":{"p":{"S":"1"},"q":{"S":"y"}}})"});
  const auto started = ok(Operation::kImportTable, import_request())["ImportTableDescription"];
  engine_->tick();
  const auto done = import_status(started["ImportArn"]);
  EXPECT_EQ(done["ImportStatus"], "COMPLETED") << done;
  EXPECT_EQ(done["ProcessedItemCount"], 7);
  EXPECT_EQ(done["ErrorCount"], 5);
  EXPECT_EQ(done["ImportedItemCount"], 2);
  // The later line of the same key holds.
  EXPECT_EQ(get("1", "imported")["q"]["S"], "y");
  EXPECT_EQ(count("imported", "by_q"), 1u);
  EXPECT_EQ(describe("imported")["ItemCount"], 1);
}

TEST_F(TransfersTest, AnImportThatFindsNothingFails) {
  const auto started = ok(Operation::kImportTable, import_request())["ImportTableDescription"];
  engine_->tick();
  EXPECT_EQ(import_status(started["ImportArn"])["ImportStatus"], "FAILED");
}

TEST_F(TransfersTest, ADamagedFileFailsTheImport) {
  write_lines("items.json.gz", {"this is no gzip stream"});
  const auto started = ok(Operation::kImportTable, import_request("GZIP"))["ImportTableDescription"];
  engine_->tick();
  const auto done = import_status(started["ImportArn"]);
  EXPECT_EQ(done["ImportStatus"], "FAILED");
  EXPECT_NE(done["FailureMessage"].get<std::string>().find("gzip"), std::string::npos);
}

TEST_F(TransfersTest, ImportsAreChecked) {
  auto request = import_request();
  request["InputFormat"] = "CSV";
  EXPECT_EQ(fault(Operation::kImportTable, request), "ValidationException: InputFormat CSV is not supported: use DYNAMODB_JSON");
  request = import_request();
  request["TableCreationParameters"]["TableName"] = "notes";
  EXPECT_EQ(fault(Operation::kImportTable, request), "ResourceInUseException: Table already exists: notes");
  request["TableCreationParameters"]["KeySchema"] = Json::array();
  EXPECT_EQ(fault(Operation::kImportTable, request),
            "ValidationException: 1 validation error detected: Value '[]' at 'tableCreationParameters.keySchema' failed to satisfy constraint: Member "
            "must have length greater than or equal to 1");
}

TEST(LineReaderTest, LinesAreReadAcrossBuffersAndStreams) {
  const TemporaryFolder folder;
  const fs::path path = folder / "lines.gz";
  std::vector<std::string> written;
  {
    auto file = GzipWriter::create(path).value();
    for (int i = 0; i < 1000; ++i) {
      written.push_back(std::string(static_cast<std::size_t>(i * 3), static_cast<char>('a' + i % 26)) + "!");
      ASSERT_TRUE(file->write(written.back() + "\n"));
    }
    ASSERT_TRUE(file->finish());
  }
  std::ifstream source(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(source), {});
  std::ofstream(path, std::ios::binary | std::ios::app) << bytes;
  auto reader = LineReader::open(path, LineReader::Form::kGzip).value();
  std::string_view line;
  for (int i = 0; i < 2000; ++i) {
    ASSERT_TRUE(reader->next(line).value());
    EXPECT_EQ(line, written[static_cast<std::size_t>(i % 1000)]);
  }
  EXPECT_FALSE(reader->next(line).value());
  std::ofstream(path, std::ios::binary) << bytes.substr(0, bytes.size() / 2);
  reader = LineReader::open(path, LineReader::Form::kGzip).value();
  Result<bool> read = true;
  while (read && *read) read = reader->next(line);
  EXPECT_FALSE(read);
}

TEST(LineReaderTest, ALineWithoutEndIsRefused) {
  const TemporaryFolder folder;
  const fs::path path = folder / "bomb.gz";
  auto file = GzipWriter::create(path).value();
  const std::string zeros(1024 * 1024, '0');
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(file->write(zeros));
  ASSERT_TRUE(file->finish());
  auto reader = LineReader::open(path, LineReader::Form::kGzip).value();
  std::string_view line;
  EXPECT_FALSE(reader->next(line));
}

}  // namespace
}  // namespace gatehouse::dynamo::testing
