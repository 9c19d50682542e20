package org.kaifang;

import com.sun.jna.CallbackThreadInitializer;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;

/** A signing callback as the C library knows it: by a number, from before it is handed over until it is released. */
final class Device {
    private static final int SIGNED = 1;
    private static final int FAILED = 0;
    private static final int CAPACITY = 128;

    private static final AtomicLong LAST = new AtomicLong();
    private static final ConcurrentMap<Long, Device> LIVE = new ConcurrentHashMap<>();

    // One pair for all devices, for ever: what the library may still call, or is just returning from, is not collected.
    private static final Library.Sign SIGN = Device::sign;
    static final Library.Release RELEASE = user -> LIVE.remove(Pointer.nativeValue(user));

    static {
        // The library's thread is the virtual machine's during a call only, and keeps no process from ending.
        CallbackThreadInitializer thread = new CallbackThreadInitializer(true, true, "kaifang-signer");
        Native.setCallbackThreadInitializer(SIGN, thread);
        Native.setCallbackThreadInitializer(RELEASE, thread);
    }

    private final Signer.Callback callback;
    private final Pointer user = new Pointer(LAST.incrementAndGet());
    private volatile Throwable failure;

    Device(Signer.Callback callback) {
        this.callback = callback;
        LIVE.put(Pointer.nativeValue(user), this);
    }

    Pointer user() {
        return user;
    }

    /** What the library calls. It says by itself that there must be one. */
    Library.Sign function() {
        return callback == null ? null : SIGN;
    }

    /** Why the last call failed; null if it did not. */
    Throwable failure() {
        return failure;
    }

    /** How many were handed over and not released. */
    static int live() {
        return LIVE.size();
    }

    private static int sign(Pointer user, Pointer message, long messageLen, Pointer signature, Pointer signatureLen) {
        Device device = LIVE.get(Pointer.nativeValue(user));
        try {
            byte[] signed = device.callback.sign(message.getByteArray(0, Math.toIntExact(messageLen)));
            if (signed == null || signed.length > CAPACITY) {
                String given = signed == null ? "null" : signed.length + " bytes";
                throw new IllegalStateException("the callback gave " + given);
            }
            signature.write(0, signed, 0, signed.length);
            signatureLen.setLong(0, signed.length);
            device.failure = null;
            return SIGNED;
        } catch (Throwable thrown) {
            // An Error too: nothing may leave this method but a number.
            if (device != null) {
                device.failure = thrown;
            }
            return FAILED;
        }
    }
}
