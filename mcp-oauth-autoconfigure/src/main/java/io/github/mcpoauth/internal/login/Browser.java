// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.login;

import java.net.URI;

/**
 * Shows an address to the user.
 */
@FunctionalInterface
public interface Browser {

	/**
	 * Open an address, if there is anything to open it with. Does not wait for it.
	 * @param url the address
	 * @return {@code true} if a program was started that shows it
	 */
	boolean open(URI url);

	/**
	 * The browser of this machine's desktop. It is not used where there is no desktop,
	 * nor over SSH, where the user would not see it, and for http and https only. Nothing
	 * goes through a shell, and AWT is not started.
	 * @return the browser
	 */
	static Browser desktop() {
		return new DesktopBrowser(System.getProperty("os.name", ""), System.getenv());
	}

	/**
	 * No browser at all.
	 * @return a browser that opens nothing
	 */
	static Browser none() {
		return (url) -> false;
	}

}
