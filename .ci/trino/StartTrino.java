/** Starts the server; trino-server-main 435, which does this, is not on Maven Central. */
public final class StartTrino {
    public static void main(String[] args) {
        new io.trino.server.Server().start("435");
    }
}
