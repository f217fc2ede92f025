import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.HexFormat;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;

/** Reads lines of "hex-key partitions" and prints the partition that Kafka's own Java client chooses. */
public class JavaPartitioner {
  public static void main(String[] args) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    StringBuilder out = new StringBuilder();
    for (String line; (line = lines.readLine()) != null; ) {
      int space = line.indexOf(' ');
      byte[] key = HexFormat.of().parseHex(line.substring(0, space));
      int partitions = Integer.parseInt(line.substring(space + 1));
      out.append(BuiltInPartitioner.partitionForKey(key, partitions)).append('\n');
    }
    System.out.print(out);
  }
}
