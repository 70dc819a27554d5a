/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package io.github.mcpoauth.login;

import java.net.URI;

/**
 * Shows a person an address.
 */
@FunctionalInterface
public interface Browser {

	/**
	 * Open an address, if there is anything to open it with. Does not wait for it.
	 * @param url the address
	 * @return whether the address is, most likely, in front of a person now
	 */
	boolean open(URI url);

	/**
	 * The browser of this machine's desktop. It is not used where there is no desktop,
	 * nor over SSH, where nobody would see it, and for http and https only. Nothing goes
	 * through a shell, and AWT is not started.
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
