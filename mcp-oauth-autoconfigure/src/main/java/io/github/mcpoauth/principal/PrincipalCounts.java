// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.principal;

/**
 * How many principals a server is used for, without a name.
 *
 * @param known how many this process has to do with now. Grants that are only stored do
 * not count
 * @param loginRequired how many of these have to log in before they can go on
 */
public record PrincipalCounts(int known, int loginRequired) {

	/**
	 * The counts of an application without principals.
	 */
	public static final PrincipalCounts NONE = new PrincipalCounts(0, 0);

}
