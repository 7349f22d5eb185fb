package io.trino.filesystem.hdfs;

import io.opentelemetry.api.OpenTelemetry;
import io.trino.filesystem.TrinoFileSystemFactory;
import io.trino.filesystem.local.LocalFileSystemFactory;
import io.trino.spi.NodeManager;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * Stands in for Trino's HDFS module, whose release 435 is not on Maven Central: it gives Trino's own file system of local files,
 * under local:///.
 */
public final class HdfsFileSystemManager {
    public HdfsFileSystemManager(
            Map<String, String> config,
            boolean azure,
            boolean gcs,
            boolean s3,
            String catalog,
            NodeManager nodes,
            OpenTelemetry telemetry) {}

    public Set<String> configure() {
        return Set.of();
    }

    public TrinoFileSystemFactory create() {
        return new LocalFileSystemFactory(Path.of("/"));
    }

    public void stop() {}
}
