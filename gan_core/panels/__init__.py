"""What each panel shows, by which scale and in which colours: tables that the page and the drawn pictures share."""
