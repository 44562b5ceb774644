// Compiles and runs examples in one virtual machine: `java RunExamples.java FOLDER…`. Each folder holds an Example.java with a class
// `Example`. What its `main` prints goes to the file `output` beside it, and the file `failure` is written if it does not compile or throws.

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

public class RunExamples {
    public static void main(String[] folders) throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        // Source files are read in the charset of the system, as javac reads those of a user.
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            for (String folder : folders) {
                run(compiler, files, Path.of(folder));
            }
        }
    }

    static void run(JavaCompiler compiler, StandardJavaFileManager files, Path folder) throws Exception {
        StringWriter said = new StringWriter();
        Path source = folder.resolve("Example.java");
        List<String> options = List.of("-d", folder.toString(), "-Xlint:all", "-Werror");
        if (!compiler.getTask(said, files, null, options, null, files.getJavaFileObjects(source)).call()) {
            Files.writeString(folder.resolve("failure"), said.toString());
            return;
        }
        PrintStream console = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            loader.loadClass("Example").getMethod("main", String[].class).invoke(null, (Object) new String[0]);
        } catch (ReflectiveOperationException error) {
            error.printStackTrace(new PrintWriter(said, true));
            Files.writeString(folder.resolve("failure"), said.toString());
        } finally {
            System.setOut(console);
        }
        Files.write(folder.resolve("output"), printed.toByteArray());
    }
}
