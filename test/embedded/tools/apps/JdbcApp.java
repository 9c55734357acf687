import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.Properties;

/** The JDBC driver that DBeaver uses, with its own settings: metadata, prepared statements, long results, errors. */
public class JdbcApp {
  public static void main(String[] arguments) throws SQLException {
    Properties properties = new Properties();
    properties.put("user", "default");
    properties.put("password", System.getenv("DOOR_PASSWORD"));
    String url = "jdbc:clickhouse://127.0.0.1:" + System.getenv("DOOR_PORT") + "/default";
    try (Connection connection = DriverManager.getConnection(url, properties);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE jdbc (id Int32, name String, at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY id");
      insert(connection);
      metadata(connection.getMetaData());
      select(connection);
      results(statement);
      errors(statement);
      say("valid", connection.isValid(2));
    }
  }

  private static void insert(Connection connection) throws SQLException {
    String sql = "INSERT INTO jdbc VALUES (?, ?, ?)";
    try (PreparedStatement insert = connection.prepareStatement(sql)) {
      for (int id = 0; id < 100; id++) {
        insert.setInt(1, id);
        insert.setString(2, "it's " + id);
        insert.setTimestamp(3, new Timestamp(id * 1000L));
        insert.addBatch();
      }
      say("batch", insert.executeBatch().length);
    }
  }

  private static void metadata(DatabaseMetaData metadata) throws SQLException {
    say("version", metadata.getDatabaseMajorVersion() >= 26);
    try (ResultSet tables = metadata.getTables(null, "default", "jdbc", null)) {
      while (tables.next()) say("table", tables.getString("TABLE_NAME") + " " + tables.getString("TABLE_TYPE"));
    }
    try (ResultSet columns = metadata.getColumns(null, "default", "jdbc", "%")) {
      while (columns.next()) say("column", columns.getString("COLUMN_NAME") + " " + columns.getString("TYPE_NAME"));
    }
    try (ResultSet schemas = metadata.getSchemas()) {
      say("schemas", schemas.next());
    }
    try (ResultSet types = metadata.getTypeInfo()) {
      say("types", types.next());
    }
  }

  private static void select(Connection connection) throws SQLException {
    String sql = "SELECT id, name, at FROM jdbc WHERE id >= ? AND name LIKE ? ORDER BY id LIMIT 2";
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setInt(1, 10);
      select.setString(2, "it's%");
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) say("row", rows.getInt(1) + " " + rows.getString(2) + " " + rows.getTimestamp(3).getTime());
      }
    }
  }

  private static void results(Statement statement) throws SQLException {
    try (ResultSet none = statement.executeQuery("SELECT * FROM jdbc WHERE 0")) {
      say("empty", !none.next());
    }
    long sum = 0;
    try (ResultSet many = statement.executeQuery("SELECT number, toString(number) FROM numbers(300000)")) {
      while (many.next()) sum += many.getLong(1);
    }
    say("sum", sum);
  }

  private static void errors(Statement statement) {
    String[] wrong = {
      "SELECT nope", "SELEC 1", "SELECT * FROM nope", "SELECT throwIf(1)",
      "SELECT throwIf(number = 200000) FROM numbers(300000)", "KILL QUERY WHERE query_id = 'x'",
      "SELECT * FROM url('http://127.0.0.1/', 'CSV', 'a Int8')",
    };
    for (String sql : wrong) {
      try (ResultSet rows = statement.executeQuery(sql)) {
        while (rows.next()) {}
        say("error", "none");
      } catch (SQLException error) {
        say("error", error.getMessage().split("\\.", 2)[0]);
      }
    }
  }

  private static void say(String what, Object value) {
    System.out.println(what + ": " + value);
  }
}
