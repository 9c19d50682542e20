package org.kaifang;

/** Working days by the official schedules, definite or provisional. */
public final class WorkingDays {
    private WorkingDays() {}

    /**
     * Whether people work on a day, and whether an official schedule settles it.
     *
     * @param date {@code YYYY-MM-DD}
     * @param years an array of schedules of further years, JSON, or null
     * @return {@code {"date","settled","working_day"}}
     */
    public static String day(String date, String years) {
        byte[] a = Library.utf8(date);
        byte[] b = Library.utf8(years);
        return Library.text(
                (out, err) ->
                        Library.kf_calendar_is_working_day(a, Library.length(a), b, Library.length(b), out, err));
    }

    /**
     * The {@code n}th working day after a day, which does not count itself.
     *
     * @param date {@code YYYY-MM-DD}
     * @param n 0 to 65535
     * @param years as for {@link #day}
     * @return {@code {"date","missing_years","provisional"}}
     */
    public static String add(String date, int n, String years) {
        if (n < 0 || n > 0xffff) {
            throw new IllegalArgumentException("n: 0 to 65535");
        }
        byte[] a = Library.utf8(date);
        byte[] b = Library.utf8(years);
        return Library.text(
                (out, err) ->
                        Library.kf_calendar_add_working_days(
                                a, Library.length(a), (short) n, b, Library.length(b), out, err));
    }
}
