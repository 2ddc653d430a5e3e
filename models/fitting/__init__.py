"""What only the building of a bundle needs: nothing here is imported while serving."""
