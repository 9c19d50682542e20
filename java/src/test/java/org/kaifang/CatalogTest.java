package org.kaifang;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Catalogs as files, and working days. What both answer is in the shared vectors. */
class CatalogTest {
    private static final String CATALOG =
            "{\"v\":1,\"id\":\"xa\",\"level\":\"municipal\",\"entries\":[{\"v\":1,\"id\":\"parks\",\"name\":\"公园名录\"}]}";

    @Test
    void aSheetComesBack() throws IOException {
        for (String format : new String[] {"csv", "xlsx"}) {
            Path path = Files.createTempFile("catalog", "." + format);
            try {
                Files.write(path, Catalog.export(CATALOG, format, null));
                String filled = Catalog.read(path.toString());
                assertTrue(filled.contains("公园名录") && filled.endsWith("\"problems\":[],\"v\":1}"), filled);
            } finally {
                Files.delete(path);
            }
        }
        byte[] template = Catalog.template();
        assertEquals("PK", new String(template, 0, 2, StandardCharsets.US_ASCII));
    }

    @Test
    void badInputIsRefused() {
        KaifangException format = assertThrows(KaifangException.class, () -> Catalog.export(CATALOG, "pdf", null));
        assertEquals(KaifangException.Family.ARGUMENT, format.family());
        KaifangException terms = assertThrows(KaifangException.class, () -> Catalog.check(CATALOG, "2026-11-23", "{}x"));
        assertTrue(terms.code().startsWith("KF-CANON-"), terms.code());
        KaifangException file = assertThrows(KaifangException.class, () -> Catalog.read("no-such-file"));
        assertTrue(file.code().startsWith("KF-TABLE-"), file.code());
    }

    @Test
    void workingDaysFollowTheOfficialSchedules() {
        assertEquals(
                "{\"date\":\"2026-10-10\",\"settled\":true,\"working_day\":true}", WorkingDays.day("2026-10-10", null));
        assertEquals(
                "{\"date\":\"2026-10-15\",\"missing_years\":[],\"provisional\":false}",
                WorkingDays.add("2026-09-24", 10, null));
        String later = WorkingDays.add("2026-12-25", 10, null);
        assertTrue(later.contains("\"missing_years\":[2027]"), later);
        String years = "[{\"year\":2027,\"days\":[{\"date\":\"2027-01-01\",\"isOffDay\":true}]}]";
        assertTrue(WorkingDays.add("2026-12-25", 10, years).contains("\"provisional\":false"));
        assertTrue(WorkingDays.add("2026-01-01", 65535, null).contains("\"provisional\":true"));
        assertThrows(KaifangException.class, () -> WorkingDays.day("2026-10-1", null));
        assertThrows(IllegalArgumentException.class, () -> WorkingDays.add("2026-10-01", 65536, null));
    }
}
