// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.text;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.ReadOnlyFileSystemException;

/**
 * Says why a file could not be used.
 */
public final class FileFailure {

	private FileFailure() {
	}

	/**
	 * The reason in words. Exceptions of the JDK often hold no more than the path.
	 * @param ex the failure
	 * @return the end of a sentence
	 */
	public static String reason(Throwable ex) {
		if (ex instanceof AccessDeniedException) {
			return "permission denied";
		}
		if (ex instanceof ReadOnlyFileSystemException) {
			return "the file system is read-only";
		}
		if (ex instanceof NoSuchFileException) {
			return "no such file or directory";
		}
		String reason = (ex instanceof FileSystemException failure) ? failure.getReason() : ex.getMessage();
		return (reason != null) ? reason : "an input or output error";
	}

}
