package org.kaifang;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.nio.file.Paths;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java example of the README compiles and prints what its comment says. */
class ReadmeTest {
    @Test
    void theExampleRuns(@TempDir Path folder) throws Exception {
        String source = Paths.get(System.getProperty("kaifang.vectors"), "../../docs/examples/Decide.java").toString();
        // The folder of this package's classes: surefire's own class path may be in a manifest.
        String classes = Paths.get(Policy.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
        int status =
                ToolProvider.getSystemJavaCompiler()
                        .run(null, null, null, "-encoding", "UTF-8", "-cp", classes, "-d", folder.toString(), source);
        assertEquals(0, status);

        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream before = System.out;
        System.setOut(new PrintStream(printed, true, "UTF-8"));
        try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
            loader.loadClass("Decide").getMethod("main", String[].class).invoke(null, (Object) new String[0]);
        } finally {
            System.setOut(before);
        }
        String answer = printed.toString("UTF-8");
        assertTrue(answer.contains("\"permit\":false") && answer.contains("\"cite\":\"A22.2\""), answer);
    }
}
